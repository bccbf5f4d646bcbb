package dev.spindle.network;

/** What follows a convolution's bias. */
public enum Activation {
    /** The identity: a linear bottleneck (MobileNetV2 paper, section 3.2). */
    LINEAR,
    /** {@code max(x, 0)}, as MobileNet-Caffe has it. */
    RELU,
    /** {@code min(max(x, 0), 6)}, as the paper has it. */
    RELU6
}
