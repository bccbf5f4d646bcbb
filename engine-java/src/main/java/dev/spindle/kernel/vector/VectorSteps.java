package dev.spindle.kernel.vector;

import dev.spindle.kernel.FloatRequantisation;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.QuantisedSum;

/**
 * What networks in integers need beside the {@link VectorTiles}, on maps of floats that are whole numbers. Implemented by
 * generated classes, one a width.
 */
abstract class VectorSteps {

    private final int lanes;

    VectorSteps(int lanes) {
        this.lanes = lanes;
    }

    /**
     * From the sums of channel blocks to steps, in place: {@link FloatRequantisation#apply}.
     *
     * @param channel the first one
     * @param blocks how many
     * @param from where the first pixel of the first block stands
     * @param blockStride floats between blocks
     * @param pixels how many, side by side
     */
    abstract void requantise(
            FloatRequantisation by, int channel, int blocks, float[] a, int from, int blockStride, int pixels);

    /**
     * {@link QuantisedSum#apply} of {@code count} steps, whole channel blocks, in place of the own ones. The multiplier of the
     * result may not shift to the left.
     */
    abstract void add(QuantisedSum sum, float[] a, int own, int residual, int count);

    /**
     * Adds the residual of a 1x1 convolution to its result, in place.
     *
     * @param place of the first pixel of the first channel block in either map
     * @param blocks how many channel blocks
     * @param pixels how many, side by side
     */
    final void addResidual(QuantisedSum sum, Pointwise layer, float[] a, int place, int blocks, int pixels) {
        int count = pixels * lanes;
        for (int block = 0; block < blocks; block++) {
            int at = place + block * layer.outputBlockStride();
            if (sum.outputMultiplier().shift() > 0) {
                WideSums.add(sum, a, layer.output() + at, layer.residual() + at, count);
            } else {
                add(sum, a, layer.output() + at, layer.residual() + at, count);
            }
        }
    }

    /**
     * {@code vectors} blocks of sums of a dense layer with weights of bytes.
     *
     * @param bias of the first output
     * @param offset of what is to be added to the first output's weights
     */
    abstract void denseBytes(
            int vectors, float[] w, int weight, int bias, int offset, int k, float[] a, int input, int output);
}
