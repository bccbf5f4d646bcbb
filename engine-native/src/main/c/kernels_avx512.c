#include "simd_avx512.h"

#include "f32_kernels.inc"
