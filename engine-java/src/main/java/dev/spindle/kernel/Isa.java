package dev.spindle.kernel;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Vector widths that a backend needs, narrowest first; {@code spindle.isa.max} caps them. */
public enum Isa {
    /** Whatever the JVM compiles plain Java to. */
    SCALAR("scalar"),
    /** 128-bit vectors with fused multiply-add: NEON, or x86 with FMA. */
    BITS_128("128"),
    /** 256-bit vectors with fused multiply-add: AVX2 and FMA. */
    BITS_256("256"),
    /** 512-bit vectors: AVX-512 F, BW, DQ and VL. */
    BITS_512("512");

    private final String label;

    Isa(String label) {
        this.label = label;
    }

    /** What users write: {@code scalar}, {@code 128}, {@code 256}, {@code 512}. */
    public String label() {
        return label;
    }

    /** The width of this label; throws {@link IllegalArgumentException} with the valid ones. */
    public static Isa ofLabel(String label) {
        for (Isa isa : values()) {
            if (isa.label.equals(label)) {
                return isa;
            }
        }
        throw new IllegalArgumentException("unknown vector width " + label + ", expected one of "
                + Arrays.stream(values()).map(Isa::label).collect(Collectors.joining(", ")));
    }
}
