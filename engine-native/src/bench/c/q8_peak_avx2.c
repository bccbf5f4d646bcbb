#include "q8_simd_avx2.h"

#include "q8_peak.inc"
