#include "spindle.h"

const struct spindle_kernels *spindle_kernels_for(int isa)
{
    switch (isa) {
#if defined(__x86_64__)
    case SPINDLE_AVX2:
        return &spindle_kernels_avx2;
    case SPINDLE_AVX512:
        return &spindle_kernels_avx512;
#elif defined(__aarch64__)
    case SPINDLE_NEON:
        return &spindle_kernels_neon;
#endif
    default:
        return NULL;
    }
}
