package dev.spindle.kernel;

/**
 * A {@link Stem} in integers. The staged input's border holds zeros of its map: z, or 0 where the layout is centred.
 *
 * @param shape where everything stands
 * @param requantisation from sums to bytes
 */
public record QuantisedStem(Stem shape, Requantisation requantisation) implements Quantised {

    @Override
    public Quantisation output() {
        return requantisation.output();
    }

    @Override
    public void run(QuantisedKernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        kernel.stem(this, weights, activations, from, to);
    }
}
