package dev.spindle.engine.jni;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What kernels may need from the CPU and the system; the ordinals are the bits of {@code enum spindle_cpu_feature} in C. */
enum CpuFeature {
    YMM_STATE("256-bit registers enabled by the system"),
    ZMM_STATE("512-bit registers enabled by the system"),
    AVX("AVX"),
    FMA("FMA"),
    AVX2("AVX2"),
    AVX512F("AVX-512 F"),
    AVX512BW("AVX-512 BW"),
    AVX512DQ("AVX-512 DQ"),
    AVX512VL("AVX-512 VL"),
    NEON("NEON"),
    AVX512VNNI("AVX-512 VNNI"),
    NEON_DOT("NEON dot products");

    private final String label;

    CpuFeature(String label) {
        this.label = label;
    }

    /** The features of a set of bits, for people. */
    static String describe(int bits) {
        return Arrays.stream(values())
                .filter(feature -> (bits & 1 << feature.ordinal()) != 0)
                .map(feature -> feature.label)
                .collect(Collectors.joining(", "));
    }
}
