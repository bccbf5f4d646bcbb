#ifndef SPINDLE_CPU_H
#define SPINDLE_CPU_H

/* What a kernel may need from the CPU and the system, as bits; CpuFeature numbers them alike in Java. */
enum spindle_cpu_feature {
    /* The system saves the 256-bit registers (XCR0 bits 1 and 2). */
    SPINDLE_CPU_YMM_STATE = 1 << 0,
    /* The system saves the 512-bit and mask registers (XCR0 bits 1, 2, 5, 6 and 7). */
    SPINDLE_CPU_ZMM_STATE = 1 << 1,
    SPINDLE_CPU_AVX = 1 << 2,
    SPINDLE_CPU_FMA = 1 << 3,
    SPINDLE_CPU_AVX2 = 1 << 4,
    SPINDLE_CPU_AVX512F = 1 << 5,
    SPINDLE_CPU_AVX512BW = 1 << 6,
    SPINDLE_CPU_AVX512DQ = 1 << 7,
    SPINDLE_CPU_AVX512VL = 1 << 8,
    SPINDLE_CPU_NEON = 1 << 9,
    /* Products of bytes: what int8 kernels use where it is there. */
    SPINDLE_CPU_AVX512VNNI = 1 << 10,
    SPINDLE_CPU_NEON_DOT = 1 << 11,
};

/* All features that are there. */
int spindle_cpu_features(void);

/* The features that the kernels of an instruction set are compiled with; -1 for an unknown one. */
int spindle_cpu_needs(int isa);

#endif
