package dev.spindle.kernel.vector;

import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FloatRequantisation;

/**
 * The inner loops of one vector width, a register tile of a convolution a call. Implemented by generated classes, two a width:
 * of fp32, whose sums are clamped, and of whole numbers in fp32, whose sums become steps. Arrays: {@code w} weights,
 * {@code a} activations; every {@code int} that is no stride or count is an index into one of them. Data layouts are those of
 * the layers; c is {@link #lanes}.
 */
abstract class ConvolutionTiles {

    private final int lanes;

    ConvolutionTiles(int lanes) {
        this.lanes = lanes;
    }

    final int lanes() {
        return lanes;
    }

    /**
     * {@code rows} pixels by {@code vectors} channel blocks of a 1x1 convolution without a residual.
     *
     * @param b holds the bias; -0 where it is still to come
     * @param lowBits of the clamp, see {@link dev.spindle.kernel.Clamp}; of no account for steps, as {@code highBits}
     * @param by makes the steps, where they are {@link FloatRequantisation#isSimple simple}; of no account for the clamp
     * @param channel the first one
     */
    abstract void pointwise(
            int rows, int vectors, float[] w, int weight, float[] b, int bias, int k, float[] a, int input, int output,
            int inputBlockStride, int outputBlockStride, int lowBits, int highBits, FloatRequantisation by, int channel);

    /** {@code rows} neighbouring outputs by {@code vectors} channel blocks of the stem. */
    abstract void stem(
            int rows, int vectors, float[] w, int weight, float[] b, int bias, int k, float[] a, int input, int output,
            int rowStride, int outputBlockStride, int lowBits, int highBits, FloatRequantisation by, int channel);

    /** Output rows of one channel block; {@code weight}, {@code bias}, {@code input}, {@code output} are that block's. */
    abstract void depthwise(
            Depthwise layer, float[] w, int weight, int bias, float[] a, int input, int output, int fromRow, int toRow,
            FloatRequantisation by, int channel);
}
