#define Q8_NEON_DOT 0
#include "q8_simd_neon.h"

#include "q8_kernels.inc"
