package dev.spindle.kernel;

/**
 * A layer in integers. It has the geometry and the units of the fp32 layer of its shape, whose offsets count elements of the
 * {@link Layout} that its plan is made for. Weights are packed as the shape says. Its clamp is open, and it has a bias only
 * where weights are floats: {@link Requantisation} stands in their place.
 *
 * <p>Maps hold unsigned bytes u, or u - z where the layout is centred. Every result is the same on all backends.
 */
public sealed interface Quantised extends Layer
        permits QuantisedStem, QuantisedPointwise, QuantisedDepthwise, QuantisedFusedBlock, QuantisedGlobalAverage,
                QuantisedDense {

    /** Where everything stands, and how the work is cut. */
    Layer shape();

    /** What the bytes of the result stand for. */
    Quantisation output();

    @Override
    default String name() {
        return shape().name();
    }

    @Override
    default int units() {
        return shape().units();
    }

    @Override
    default long macs() {
        return shape().macs();
    }

    @Override
    default int panelEnd(int unit) {
        return shape().panelEnd(unit);
    }

    @Override
    default int scratchLength() {
        return shape().scratchLength();
    }

    @Override
    default void run(Kernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        run(kernel.quantised().orElseThrow(), weights, activations, scratch, from, to);
    }

    /** Computes the units {@code from} to {@code to}, as {@link Layer#run} does. */
    void run(QuantisedKernel kernel, Memory weights, Memory activations, int scratch, int from, int to);
}
