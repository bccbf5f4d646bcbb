package dev.spindle.kernel;

/**
 * A {@link Dense} in integers. Where weights are floats, the kernel is bytes all the same, a quarter to read: four to
 * the bits of a float, lowest first, {@code [inputs][v * c]} for each tile, inputs filled up to whole fours with zeros. Behind
 * the biases stand as many whole numbers to add to an output's weights.
 *
 * @param shape where everything stands
 * @param requantisation from sums to bytes
 * @param tiling the tiles where weights are bytes: those of a 1x1 convolution of one pixel, without triples
 */
public record QuantisedDense(Dense shape, Requantisation requantisation, Tiling tiling) implements Quantised {

    @Override
    public Quantisation output() {
        return requantisation.output();
    }

    @Override
    public void run(QuantisedKernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        kernel.dense(this, weights, activations, from, to);
    }
}
