#include "shape_neon.h"
#define SIMD_ISA portable4
#include "simd_portable.h"

#include "f32_kernels.inc"
