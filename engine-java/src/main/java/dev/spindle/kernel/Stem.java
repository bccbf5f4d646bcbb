package dev.spindle.kernel;

/**
 * The 3x3 convolution on RGB at stride 2. Its input is staged with its zero border, row-major NHWC:
 * {@code [2 * outputHeight + 1][2 * outputWidth + 1][3]}, so that the kernel is a matrix product of K = 27: element k of
 * output (y, x) is at {@code input + (2 * y + k / 9) * rowStride + 6 * x + k % 9}.
 *
 * <p>Weights: per channel tile of v blocks {@code [27][v * c]}, k = (ky * 3 + kx) * 3 + channel, starting at
 * {@code weights + firstBlock * c * 27}. Bias: one float per padded output channel. A unit is one output row.
 *
 * @param name the layer's name
 * @param weights offset of the packed kernel
 * @param bias offset of the bias
 * @param input offset of the staged input
 * @param rowStride floats a staged row
 * @param output offset of the result, {@code [blocks][outputHeight * outputWidth][c]}
 * @param outputHeight rows of the result
 * @param tiling of one output row: {@code tiling.pixels()} is the output width
 * @param low bits of the lower bound, see {@link Clamp}
 * @param high bits of the upper bound
 * @param macs multiply-accumulates for one image
 */
public record Stem(
        String name,
        int weights,
        int bias,
        int input,
        int rowStride,
        int output,
        int outputHeight,
        Tiling tiling,
        int low,
        int high,
        long macs)
        implements Layer {

    /** Elements of one output's sum: 3 x 3 x RGB. */
    public static final int K = 27;

    /** Floats of one kernel row: 3 pixels of RGB. */
    public static final int ROW = 9;

    /** Floats between the inputs of neighbouring outputs: stride 2, RGB. */
    public static final int PIXEL_STRIDE = 6;

    @Override
    public int units() {
        return outputHeight;
    }

    @Override
    public void run(Kernel kernel, Memory weightMemory, Memory activations, int scratch, int from, int to) {
        kernel.stem(this, weightMemory, activations, from, to);
    }
}
