package dev.spindle.weights;

import dev.spindle.image.Preprocessing;
import dev.spindle.network.Activation;
import dev.spindle.network.Padding;

/**
 * What names and shapes cannot say about a network: a source's conventions, or what the file says instead.
 *
 * @param name for people
 * @param padding where convolutions put their zeros
 * @param epsilon of batch normalisation
 * @param activation of all layers but projections
 * @param height input height in pixels
 * @param width input width in pixels
 * @param preprocessing how pictures become inputs
 */
record SourceProfile(
        String name,
        Padding padding,
        double epsilon,
        Activation activation,
        int height,
        int width,
        Preprocessing preprocessing) {

    static final SourceProfile TORCHVISION = new SourceProfile(
            "torchvision", Padding.SYMMETRIC, 1e-5, Activation.RELU6, 224, 224, Preprocessing.TORCH);

    /** The conventions of torchvision, after which it trains and evaluates. */
    static final SourceProfile D_LI14 = new SourceProfile(
            "d-li14",
            TORCHVISION.padding(),
            TORCHVISION.epsilon(),
            TORCHVISION.activation(),
            TORCHVISION.height(),
            TORCHVISION.width(),
            TORCHVISION.preprocessing());

    /** As torchvision, but timm's MobileNetV2 resizes bicubically. */
    static final SourceProfile TIMM = new SourceProfile(
            "timm",
            Padding.SYMMETRIC,
            1e-5,
            Activation.RELU6,
            224,
            224,
            new Preprocessing(
                    Preprocessing.TORCH.name(),
                    Preprocessing.DEFAULT_RESIZE_RATIO,
                    Preprocessing.Interpolation.BICUBIC,
                    Preprocessing.TORCH.channelOrder(),
                    Preprocessing.TORCH.mean(),
                    Preprocessing.TORCH.scale()));

    /** The conventions of qfgaohao's SSDLite ({@code mobilenetv1_ssd_config}): OpenCV resizes, 127 is grey, 128 a step. */
    static final SourceProfile QFGAOHAO = new SourceProfile(
            "qfgaohao",
            TORCHVISION.padding(),
            TORCHVISION.epsilon(),
            TORCHVISION.activation(),
            300,
            300,
            new Preprocessing(
                    "qfgaohao",
                    1,
                    Preprocessing.Interpolation.BILINEAR,
                    Preprocessing.ChannelOrder.RGB,
                    new float[] {127, 127, 127},
                    new float[] {1 / 128f, 1 / 128f, 1 / 128f}));

    /** What keras.applications has; its models take pictures as all of TensorFlow's MobileNets do. */
    static final SourceProfile KERAS = new SourceProfile(
            "keras", Padding.SAME, 1e-3, Activation.RELU6, Graph.OPEN_SIDE, Graph.OPEN_SIDE, Preprocessing.TF);
}
