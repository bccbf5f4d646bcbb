package dev.spindle.kernel;

/**
 * A backend's code for networks in integers, under the same rules as its {@link Kernel}: one call computes a range of units,
 * nothing is kept or allocated, arguments are trusted. Results are exact, and so the same for all backends.
 */
public interface QuantisedKernel {

    /** What this kernel wants data to look like. */
    Layout layout();

    /**
     * Rounds of independent products of bytes on registers alone: what this kernel's rates can be held against.
     *
     * @param rounds how many
     * @return how many operations they were; 0 where the kernel multiplies no bytes
     */
    default double products(int rounds) {
        return 0;
    }

    /** Output rows {@code from} to {@code to} of the stem. */
    void stem(QuantisedStem layer, Memory weights, Memory activations, int from, int to);

    /** Register tiles {@code from} to {@code to} of a 1x1 convolution; {@code output} is as in {@link Kernel#pointwise}. */
    void pointwise(QuantisedPointwise layer, Memory weights, Memory activations, int output, int from, int to);

    /** Rows of channel blocks {@code from} to {@code to} of a depthwise convolution. */
    void depthwise(QuantisedDepthwise layer, Memory weights, Memory activations, int from, int to);

    /**
     * Output rows {@code from} to {@code to} of a fused block. Only kernels whose {@link Layout#fuses} is true are given
     * one.
     *
     * @param layer the block
     * @param weights all packed weights
     * @param activations the session's memory
     * @param scratch offset of the calling thread's scratch
     * @param from first unit
     * @param to behind the last unit
     */
    default void fusedBlock(
            QuantisedFusedBlock layer, Memory weights, Memory activations, int scratch, int from, int to) {
        throw new AssertionError(layer.name() + " was given to a kernel that fuses no blocks");
    }

    /** Channel blocks {@code from} to {@code to} of the pool; {@code input} is as in {@link Kernel#globalAverage}. */
    void globalAverage(QuantisedGlobalAverage layer, Memory activations, int input, int from, int to);

    /** Tiles {@code from} to {@code to} of a dense layer. */
    void dense(QuantisedDense layer, Memory weights, Memory activations, int from, int to);
}
