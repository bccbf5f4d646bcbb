#include "shape_avx512.h"
#define SIMD_ISA portable16
#include "simd_portable.h"

#include "f32_kernels.inc"
