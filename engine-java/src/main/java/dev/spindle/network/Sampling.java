package dev.spindle.network;

/** Where the pixels of an enlarged map lie on the small one, along one axis of {@code input} and {@code output} pixels. */
public enum Sampling {
    /** The outermost pixels of both lie on one another: {@code x * (input - 1) / (output - 1)}. */
    ALIGN_CORNERS,
    /** The outermost edges of both lie on one another: {@code (x + 0.5) * input / output - 0.5}. */
    HALF_PIXEL,
    /** The first pixels of both lie on one another: {@code x * input / output}. */
    ASYMMETRIC
}
