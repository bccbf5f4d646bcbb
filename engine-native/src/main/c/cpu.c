#include "cpu.h"

#include "spindle.h"

enum {
    NEEDS_AVX2 = SPINDLE_CPU_YMM_STATE | SPINDLE_CPU_AVX | SPINDLE_CPU_FMA | SPINDLE_CPU_AVX2,
    NEEDS_AVX512 = NEEDS_AVX2 | SPINDLE_CPU_ZMM_STATE | SPINDLE_CPU_AVX512F | SPINDLE_CPU_AVX512BW
            | SPINDLE_CPU_AVX512DQ | SPINDLE_CPU_AVX512VL,
};

int spindle_cpu_needs(int isa)
{
    switch (isa) {
    case SPINDLE_AVX2:
        return NEEDS_AVX2;
    case SPINDLE_AVX512:
        return NEEDS_AVX512;
    case SPINDLE_NEON:
        return SPINDLE_CPU_NEON;
    default:
        return -1;
    }
}

#if defined(__x86_64__)

#include <cpuid.h>

enum {
    LEAF1_ECX_FMA = 1 << 12,
    LEAF1_ECX_OSXSAVE = 1 << 27,
    LEAF1_ECX_AVX = 1 << 28,
    LEAF7_EBX_AVX2 = 1 << 5,
    LEAF7_EBX_AVX512F = 1 << 16,
    LEAF7_EBX_AVX512DQ = 1 << 17,
    LEAF7_EBX_AVX512BW = 1 << 30,
    LEAF7_ECX_AVX512VNNI = 1 << 11,
    XCR0_YMM = 0x06,
    XCR0_ZMM = 0xE6,
};
#define LEAF7_EBX_AVX512VL (1u << 31)

/* Extended control register 0: which register files the system saves. Only to be asked for where OSXSAVE is set. */
static unsigned xcr0(void)
{
    unsigned low;
    unsigned high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static int bit_if(unsigned set, int feature)
{
    return set != 0 ? feature : 0;
}

int spindle_cpu_features(void)
{
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;
    int features = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d)) {
        return features;
    }
    if ((c & LEAF1_ECX_OSXSAVE) != 0) {
        unsigned saved = xcr0();
        features |= (saved & XCR0_YMM) == XCR0_YMM ? SPINDLE_CPU_YMM_STATE : 0;
        features |= (saved & XCR0_ZMM) == XCR0_ZMM ? SPINDLE_CPU_ZMM_STATE : 0;
    }
    features |= bit_if(c & LEAF1_ECX_AVX, SPINDLE_CPU_AVX);
    features |= bit_if(c & LEAF1_ECX_FMA, SPINDLE_CPU_FMA);
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        features |= bit_if(b & LEAF7_EBX_AVX2, SPINDLE_CPU_AVX2);
        features |= bit_if(b & LEAF7_EBX_AVX512F, SPINDLE_CPU_AVX512F);
        features |= bit_if(b & LEAF7_EBX_AVX512BW, SPINDLE_CPU_AVX512BW);
        features |= bit_if(b & LEAF7_EBX_AVX512DQ, SPINDLE_CPU_AVX512DQ);
        features |= bit_if(b & LEAF7_EBX_AVX512VL, SPINDLE_CPU_AVX512VL);
        features |= bit_if(c & LEAF7_ECX_AVX512VNNI, SPINDLE_CPU_AVX512VNNI);
    }
    return features;
}

#elif defined(__aarch64__)

#if defined(__linux__)

#include <sys/auxv.h>

/* HWCAP_ASIMDDP */
static const unsigned long HWCAP_DOT = 1ul << 20;

static int has_dot_products(void)
{
    return (getauxval(AT_HWCAP) & HWCAP_DOT) != 0;
}

#else

/* Where the system tells otherwise, what everything is compiled for tells: Apple's CPUs all have them. */
static int has_dot_products(void)
{
#if defined(__ARM_FEATURE_DOTPROD)
    return 1;
#else
    return 0;
#endif
}

#endif

/* AArch64 has NEON by definition. */
int spindle_cpu_features(void)
{
    return SPINDLE_CPU_NEON | (has_dot_products() ? SPINDLE_CPU_NEON_DOT : 0);
}

#else

int spindle_cpu_features(void)
{
    return 0;
}

#endif
