#include "simd_avx512.h"

#include "peak.inc"
