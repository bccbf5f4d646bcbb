package dev.spindle.network;

import java.util.List;
import java.util.Objects;

/**
 * The DeepLabv3 head that the paper puts on MobileNetV2 (section 6.3; Chen et al., arXiv 1706.05587): a 1x1 convolution of the
 * backbone's last map beside one of its average over all pixels, both joined, a projection, one logit a class and pixel. The
 * logits are enlarged bilinearly to the input's size, and a pixel's class is that of its largest.
 *
 * @param aspp the convolution of every pixel
 * @param imagePooling the convolution of the average
 * @param projection takes the channels of both
 * @param logits one output a class
 * @param pooledFirst whether the average's channels come before those of the pixels
 * @param sampling how the logits are enlarged
 */
public record DeepLab(
        Conv aspp, Conv imagePooling, Conv projection, Conv logits, boolean pooledFirst, Sampling sampling)
        implements Top {

    /** Most classes: a mask has a byte a pixel. */
    public static final int MAX_CLASSES = 256;

    /** Checks that the layers fit one another. */
    public DeepLab {
        Objects.requireNonNull(sampling, "sampling");
        for (Conv conv : List.of(aspp, imagePooling, projection, logits)) {
            if (conv.kernel() != 1 || conv.stride() != 1 || conv.groups() != 1) {
                throw new IllegalArgumentException(conv.name() + " " + conv + ", expected a 1x1 convolution in one group");
            }
        }
        require(imagePooling, aspp.inputs());
        require(projection, aspp.outputs() + imagePooling.outputs());
        require(logits, projection.outputs());
        if (logits.outputs() > MAX_CLASSES) {
            throw new IllegalArgumentException(logits.outputs() + " classes, expected at most " + MAX_CLASSES);
        }
    }

    private static void require(Conv conv, int channels) {
        if (conv.inputs() != channels) {
            throw new IllegalArgumentException(
                    conv.name() + " takes " + conv.inputs() + " channels, but is given " + channels);
        }
    }

    @Override
    public int classes() {
        return logits.outputs();
    }

    @Override
    public List<Conv> convolutions() {
        return List.of(imagePooling, aspp, projection, logits);
    }

    @Override
    public List<Conv> weighted(int channels) {
        return convolutions();
    }

    @Override
    public int features(int channels) {
        return channels;
    }

    @Override
    public void requireInput(List<Conv> backbone, int height, int width) {
        require(aspp, backbone.getLast().outputs());
    }

    @Override
    public long parameters(int channels) {
        return imagePooling.parameters() + aspp.parameters() + projection.parameters() + logits.weights() + logits.outputs();
    }

    @Override
    public long macs(List<Conv> backbone, int height, int width) {
        MapSize map = new MapSize(height, width).behind(backbone);
        return imagePooling.macs(1, 1)
                + aspp.macs(map.rows(), map.columns())
                + projection.macs(map.rows(), map.columns())
                + logits.macs(map.rows(), map.columns());
    }
}
