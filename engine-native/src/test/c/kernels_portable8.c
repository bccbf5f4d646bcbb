#include "shape_avx2.h"
#define SIMD_ISA portable8
#include "simd_portable.h"

#include "f32_kernels.inc"
