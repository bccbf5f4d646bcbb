#include "spindle.h"

#include "cpu.h"

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

const struct q8_kernels *q8_kernels_for(int isa, int features)
{
    switch (isa) {
#if defined(__x86_64__)
    case SPINDLE_AVX2:
        return &q8_kernels_avx2;
    case SPINDLE_AVX512:
        return (features & SPINDLE_CPU_AVX512VNNI) != 0 ? &q8_kernels_avx512vnni : &q8_kernels_avx2;
#elif defined(__aarch64__)
    case SPINDLE_NEON:
        return (features & SPINDLE_CPU_NEON_DOT) != 0 ? &q8_kernels_neondot : &q8_kernels_neon;
#endif
    default:
        (void)features;
        return NULL;
    }
}
