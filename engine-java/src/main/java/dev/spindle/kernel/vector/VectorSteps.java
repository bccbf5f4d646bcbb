package dev.spindle.kernel.vector;

import dev.spindle.kernel.FloatRequantisation;
import dev.spindle.kernel.FloatSum;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.QuantisedPointwise;

/**
 * What networks in integers need beside the {@link VectorTiles}, on maps of floats that are whole numbers. Implemented by
 * generated classes, one a width.
 */
abstract class VectorSteps {

    private final int lanes;

    VectorSteps(int lanes) {
        this.lanes = lanes;
    }

    final int lanes() {
        return lanes;
    }

    /** {@code by} where tiles can make the steps of these channel blocks; else null. */
    final FloatRequantisation simple(FloatRequantisation by, int block, int blocks) {
        return by != null && by.isSimple(block * lanes, blocks * lanes) ? by : null;
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

    /** {@link FloatSum#apply} of {@code count} steps, whole channel blocks, in place of the own ones. */
    abstract void add(FloatSum sum, float[] a, int own, int residual, int count);

    /**
     * Adds the residual of a 1x1 convolution to its result, in place, if there is one.
     *
     * @param place of the first pixel of the first channel block in either map
     * @param blocks how many channel blocks
     * @param pixels how many, side by side
     */
    final void addResidual(QuantisedPointwise layer, float[] a, int place, int blocks, int pixels) {
        if (layer.sum().isEmpty()) {
            return;
        }
        Pointwise shape = layer.shape();
        FloatSum inFloat = layer.sumInFloat().orElse(null);
        int count = pixels * lanes;
        for (int block = 0; block < blocks; block++) {
            int at = place + block * shape.outputBlockStride();
            if (inFloat != null) {
                add(inFloat, a, shape.output() + at, shape.residual() + at, count);
            } else {
                WideSums.add(layer.sum().get(), a, shape.output() + at, shape.residual() + at, count);
            }
        }
    }

    /**
     * {@code vectors} blocks of sums of a dense layer with weights of bytes.
     *
     * @param bias of the first output, the bits of an integer
     * @param offset of what is to be added to the first output's weights, likewise
     * @param centre of inputs: at most 127 above and 128 below them
     */
    abstract void denseBytes(
            int vectors, float[] w, int weight, int bias, int offset, int k, float[] a, int input, int output, int centre);
}
