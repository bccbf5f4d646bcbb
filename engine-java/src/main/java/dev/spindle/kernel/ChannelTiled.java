package dev.spindle.kernel;

/** A 1x1 convolution, whatever its numbers. */
public sealed interface ChannelTiled extends Layer permits Pointwise, QuantisedPointwise {

    /** Where everything stands, and how the work is cut. */
    Pointwise shape();

    /** The cut into register tiles. */
    default Tiling tiling() {
        return shape().tiling();
    }

    /**
     * Computes the units {@code from} to {@code to}; a layer with a residual only in its own place.
     *
     * @param output where the first channel block of the result would stand
     */
    void runInto(Kernel kernel, Memory weights, Memory activations, int output, int from, int to);
}
