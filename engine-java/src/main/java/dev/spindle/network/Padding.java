package dev.spindle.network;

/**
 * Where a convolution's zero border stands. Both conventions give the same output size, {@code ceil(in / stride)} for
 * odd kernels, and the same border at stride 1; at stride 2 they differ on even inputs only.
 */
public enum Padding {
    /** {@code dilation * (kernel - 1) / 2} on both sides, as PyTorch and Caffe pad. */
    SYMMETRIC,
    /** TensorFlow's SAME: as little as is needed, the odd one behind; a 3x3 at stride 2 pads (0, 1) on even inputs. */
    SAME;

    /**
     * The output size of a convolution along one axis.
     *
     * @param input input size, at least 1
     * @param stride step between outputs, at least 1
     * @return {@code ceil(input / stride)}
     */
    public static int outputSize(int input, int stride) {
        return (input + stride - 1) / stride;
    }

    /**
     * The zeros in front of the first input element along one axis.
     *
     * @param input input size
     * @param kernel kernel size, odd
     * @param stride step between outputs
     * @param dilation step between kernel taps
     * @return how many zeros stand before the input
     */
    public int before(int input, int kernel, int stride, int dilation) {
        int reach = dilation * (kernel - 1);
        return switch (this) {
            case SYMMETRIC -> reach / 2;
            case SAME -> Math.max(0, (outputSize(input, stride) - 1) * stride + reach + 1 - input) / 2;
        };
    }
}
