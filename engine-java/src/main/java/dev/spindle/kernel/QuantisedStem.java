package dev.spindle.kernel;

/**
 * A {@link Stem} in integers. The staged input's border holds zeros of its map: z, or 0 where the layout is centred.
 *
 * <p>Packed weights: per channel tile as those of the {@link Stem}, but each kernel row of 9 elements is filled up with
 * zeros to whole groups of {@link Layout#interleave}; the staged input has room behind it for what such groups read.
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
