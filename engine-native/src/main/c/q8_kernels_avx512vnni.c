#include "q8_simd_avx512vnni.h"

#include "q8_kernels.inc"
