package dev.spindle.kernel;

/**
 * A fused 1x1 convolution: {@code clamp(bias + residual + W x)}, summed in the order of input channels.
 *
 * <p>Weights: per channel tile of v blocks {@code [inputs][v * c]}, starting at
 * {@code weights + firstBlock * c * inputs}. Bias: one float per padded output channel. Input, output and residual are
 * NCHWc with the pixels of {@link Tiling#pixels}. The output may not overlap the input or the residual. A unit is one
 * register tile, see {@link Tiling}.
 *
 * @param name the layer's name
 * @param inputs input channels, K
 * @param weights offset of the packed kernel
 * @param bias offset of the bias
 * @param input offset of the input
 * @param inputBlockStride floats between the input's channel blocks
 * @param output offset of the result
 * @param outputBlockStride floats between the result's channel blocks, and between the residual's
 * @param residual offset of what is added, of the result's shape; -1 where there is none
 * @param tiling the cut into register tiles
 * @param low bits of the lower bound, see {@link Clamp}
 * @param high bits of the upper bound
 * @param units pieces of work
 * @param macs multiply-accumulates for one image
 */
public record Pointwise(
        String name,
        int inputs,
        int weights,
        int bias,
        int input,
        int inputBlockStride,
        int output,
        int outputBlockStride,
        int residual,
        Tiling tiling,
        int low,
        int high,
        int units,
        long macs)
        implements ChannelTiled {

    @Override
    public Pointwise shape() {
        return this;
    }

    @Override
    public void runInto(Kernel kernel, Memory weightMemory, Memory activations, int place, int from, int to) {
        kernel.pointwise(this, weightMemory, activations, place, from, to);
    }

    @Override
    public void run(Kernel kernel, Memory weightMemory, Memory activations, int scratch, int from, int to) {
        runInto(kernel, weightMemory, activations, output, from, to);
    }
}
