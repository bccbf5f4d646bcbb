package dev.spindle.kernel;

/**
 * A {@link Dense} in integers.
 *
 * @param shape where everything stands
 * @param requantisation from sums to bytes
 */
public record QuantisedDense(Dense shape, Requantisation requantisation) implements Quantised {

    @Override
    public Quantisation output() {
        return requantisation.output();
    }

    @Override
    public void run(QuantisedKernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        kernel.dense(this, weights, activations, from, to);
    }
}
