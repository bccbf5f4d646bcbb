package dev.spindle;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The numbers that a network is computed with. */
public enum Precision {
    /** {@link #INT8} for a quantised file, where the backend has kernels for it; {@link #FP32} for all others. */
    AUTO,
    /** 32-bit floating point; quantised files are dequantised. */
    FP32,
    /** Integers of 8 bits, to the byte as TensorFlow Lite's reference kernels compute them; for quantised files only. */
    INT8;

    /** What users write: {@code auto}, {@code fp32}, {@code int8}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The precision of this label; throws {@link IllegalArgumentException} with the valid ones. */
    public static Precision ofLabel(String label) {
        for (Precision precision : values()) {
            if (precision.label().equals(label)) {
                return precision;
            }
        }
        throw new IllegalArgumentException("unknown precision " + label + ", expected one of "
                + Arrays.stream(values()).map(Precision::label).collect(Collectors.joining(", ")));
    }
}
