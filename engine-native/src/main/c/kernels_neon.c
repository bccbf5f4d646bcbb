#include "simd_neon.h"

#include "f32_kernels.inc"
