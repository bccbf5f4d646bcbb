package dev.spindle.kernel;

/**
 * A fused 3x3 depthwise convolution: {@code clamp(bias + sum of nine taps)}, summed in row-major order of taps.
 *
 * <p>Weights: {@code [blocks][9][c]}. Bias: one float per padded channel. Input {@code [blocks][height * width][c]},
 * output {@code [blocks][outputHeight * outputWidth][c]}; they may not overlap. Taps outside the map read zeros: a row
 * of {@code width * c} of them stands at {@code zeros} in the activations. A unit is one output row of one channel
 * block, blocks outside.
 *
 * @param name the layer's name
 * @param blocks channel blocks
 * @param height input rows
 * @param width input columns
 * @param outputHeight output rows
 * @param outputWidth output columns
 * @param stride 1 or 2
 * @param dilation step between taps
 * @param padTop zero rows above the input
 * @param padLeft zero columns left of the input
 * @param weights offset of the packed kernel
 * @param bias offset of the bias
 * @param input offset of the input
 * @param inputBlockStride floats between the input's channel blocks
 * @param output offset of the result
 * @param outputBlockStride floats between the result's channel blocks
 * @param zeros offset of a row of zeros among the activations
 * @param low bits of the lower bound, see {@link Clamp}
 * @param high bits of the upper bound
 * @param macs multiply-accumulates for one image
 */
public record Depthwise(
        String name,
        int blocks,
        int height,
        int width,
        int outputHeight,
        int outputWidth,
        int stride,
        int dilation,
        int padTop,
        int padLeft,
        int weights,
        int bias,
        int input,
        int inputBlockStride,
        int output,
        int outputBlockStride,
        int zeros,
        int low,
        int high,
        long macs)
        implements Channelwise {

    /** Kernel taps. */
    public static final int TAPS = 9;

    @Override
    public int units() {
        return blocks * outputHeight;
    }

    @Override
    public int unitsPerBlock() {
        return outputHeight;
    }

    /**
     * Whether {@code count} output columns as far apart as taps fit into a row and, wherever they are, read input columns of
     * which none but the first and the last can lie outside the map.
     */
    public boolean tiles(int count) {
        int lastColumn = (outputWidth - 1) * stride - padLeft + 2 * dilation;
        return outputWidth >= count * dilation && padLeft <= dilation && lastColumn < width + dilation;
    }

    /** The first output column whose taps all lie in the map, at most {@link #outputWidth}. */
    public int interiorFrom() {
        return Math.min(outputWidth, (padLeft + stride - 1) / stride);
    }

    /** Behind the last output column whose taps all lie in the map, at least {@link #interiorFrom}. */
    public int interiorTo() {
        int room = width - 1 - 2 * dilation + padLeft;
        int to = room < 0 ? 0 : room / stride + 1;
        return Math.max(interiorFrom(), Math.min(outputWidth, to));
    }

    @Override
    public void run(Kernel kernel, Memory weightMemory, Memory activations, int scratch, int from, int to) {
        kernel.depthwise(this, weightMemory, activations, from, to);
    }
}
