#include "simd_avx2.h"

#include "peak.inc"
