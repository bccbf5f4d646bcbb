package dev.spindle.network;

import java.util.Objects;

/**
 * One convolution with its activation. Its batch normalisation, if it has one, belongs to the weights.
 *
 * @param name unique within the network; weights are found by it
 * @param inputs input channels
 * @param outputs output channels
 * @param kernel kernel height and width: 1 or 3
 * @param stride 1 or 2
 * @param dilation step between kernel taps, 1 unless the network runs at a reduced output stride
 * @param groups 1, or {@code inputs} for a depthwise convolution
 * @param activation what follows
 */
public record Conv(
        String name, int inputs, int outputs, int kernel, int stride, int dilation, int groups, Activation activation) {

    /** Checks the fields against one another. */
    public Conv {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(activation, "activation");
        if (inputs < 1 || outputs < 1) {
            throw new IllegalArgumentException(name + ": channels " + inputs + " -> " + outputs + ", expected at least 1");
        }
        if (kernel != 1 && kernel != 3) {
            throw new IllegalArgumentException(name + ": kernel " + kernel + ", expected 1 or 3");
        }
        if (stride != 1 && stride != 2) {
            throw new IllegalArgumentException(name + ": stride " + stride + ", expected 1 or 2");
        }
        if (dilation < 1) {
            throw new IllegalArgumentException(name + ": dilation " + dilation + ", expected at least 1");
        }
        if (groups != 1 && (groups != inputs || inputs != outputs)) {
            throw new IllegalArgumentException(name + ": " + groups + " groups over " + inputs + " -> " + outputs
                    + " channels, expected 1 or a depthwise convolution");
        }
    }

    /** A dense convolution over all channels. */
    public static Conv full(String name, int inputs, int outputs, int kernel, int stride, Activation activation) {
        return new Conv(name, inputs, outputs, kernel, stride, 1, 1, activation);
    }

    /** A 1x1 convolution. */
    public static Conv pointwise(String name, int inputs, int outputs, Activation activation) {
        return full(name, inputs, outputs, 1, 1, activation);
    }

    /** A 3x3 depthwise convolution. */
    public static Conv depthwise(String name, int channels, int stride, int dilation, Activation activation) {
        return new Conv(name, channels, channels, 3, stride, dilation, channels, activation);
    }

    /** Whether each channel is convolved by itself. */
    public boolean isDepthwise() {
        return kernel > 1 && groups == inputs;
    }

    /** Input channels that one output channel sees. */
    public int inputsPerGroup() {
        return inputs / groups;
    }

    /** The number of kernel weights: outputs x inputs per group x kernel x kernel. */
    public long weights() {
        return (long) outputs * inputsPerGroup() * kernel * kernel;
    }

    /** Trainable parameters: the kernel, and scale and shift of the batch normalisation behind it. */
    public long parameters() {
        return weights() + 2L * outputs;
    }

    /**
     * Multiply-accumulates for one image.
     *
     * @param height input height
     * @param width input width
     * @return kernel weights times output pixels
     */
    public long macs(int height, int width) {
        return weights() * Padding.outputSize(height, stride) * Padding.outputSize(width, stride);
    }
}
