package dev.spindle.engine.jni;

import dev.spindle.kernel.Isa;

/** The backends that C kernels are written for; the ordinals are those of {@code enum spindle_isa} in C. */
enum NativeBackend {
    AVX2("native-avx2", Isa.BITS_256, Platform.X86_64, "C kernels on AVX2 and FMA"),
    AVX512("native-avx512", Isa.BITS_512, Platform.X86_64, "C kernels on AVX-512 F, BW, DQ and VL"),
    NEON("native-neon", Isa.BITS_128, Platform.AARCH64, "C kernels on AArch64 NEON");

    private final String label;
    private final Isa isa;
    private final String architecture;
    private final String description;

    NativeBackend(String label, Isa isa, String architecture, String description) {
        this.label = label;
        this.isa = isa;
        this.architecture = architecture;
        this.description = description;
    }

    /** The backend's name. */
    String label() {
        return label;
    }

    /** The vector width that it needs. */
    Isa isa() {
        return isa;
    }

    /** The architecture that it is for, as {@link Platform} writes it. */
    String architecture() {
        return architecture;
    }

    /** One line for people. */
    String description() {
        return description;
    }
}
