package dev.spindle.kernel;

/**
 * A {@link Dense} in integers. Where weights are floats, the kernel is bytes all the same, a quarter to read: four to
 * the bits of a float, lowest first, {@code [inputs / 4][v][2][c][2]} for each tile, pairs of inputs innermost, inputs filled up
 * to whole fours with zeros. Biases are the bits of integers: TensorFlow Lite's, with {@link #lack}, and with the share of
 * {@link #centre} in the sums. Behind them stand, likewise, as many integers to add to an output's weights.
 *
 * @param shape where everything stands
 * @param requantisation from sums to bytes
 * @param tiling the tiles where weights are bytes: those of a 1x1 convolution of one pixel, without triples
 * @param input what the bytes of the input stand for
 */
public record QuantisedDense(Dense shape, Requantisation requantisation, Tiling tiling, Quantisation input)
        implements Quantised {

    /** Inputs that stand side by side for each output block. */
    public static final int GROUP = 4;

    /** Where the byte of a tile stands for one of its outputs and an input. */
    public static int place(int vectors, int channelBlock, int output, int input) {
        int pair = (input / GROUP * vectors + output / channelBlock) * 2 + input % GROUP / 2;
        return (pair * channelBlock + output % channelBlock) * 2 + input % 2;
    }

    /** What inputs are taken less, so that they are -127 to 128: two products of a signed byte and such a number fit 16 bits. */
    public static int centre(Quantisation input) {
        return Byte.MAX_VALUE - input.zeroPoint();
    }

    /** What a bias makes up for: the lower half of the products of each group, sums of 16 bits, is taken 2^15 too large. */
    public static int lack(int inputs) {
        return -Math.ceilDiv(inputs, GROUP) << Short.SIZE - 1;
    }

    @Override
    public Quantisation output() {
        return requantisation.output();
    }

    @Override
    public void run(QuantisedKernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        kernel.dense(this, weights, activations, from, to);
    }
}
