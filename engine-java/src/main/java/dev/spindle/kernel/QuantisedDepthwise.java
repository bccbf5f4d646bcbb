package dev.spindle.kernel;

/**
 * A {@link Depthwise} in integers. {@code shape.zeros()} is a row of zeros of the input's map: z, or 0 where the layout is
 * centred.
 *
 * @param shape where everything stands
 * @param requantisation from sums to bytes
 */
public record QuantisedDepthwise(Depthwise shape, Requantisation requantisation) implements Channelwise, Quantised {

    @Override
    public int unitsPerBlock() {
        return shape.unitsPerBlock();
    }

    @Override
    public Quantisation output() {
        return requantisation.output();
    }

    @Override
    public void run(QuantisedKernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        kernel.depthwise(this, weights, activations, from, to);
    }
}
