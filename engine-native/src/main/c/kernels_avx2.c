#include "simd_avx2.h"

#include "f32_kernels.inc"
