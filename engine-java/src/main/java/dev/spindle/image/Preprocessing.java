package dev.spindle.image;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;

/**
 * What turns a decoded picture into a network's input: resize so that the short side is {@code resizeRatio} times the
 * network's, crop the centre to the network's input size, then {@code (value - mean) * scale} per channel, with values of 0
 * to 255. {@link Preprocessor} does it, and states the rounding. Serializable, to go with a model from machine to machine.
 *
 * @param name the preset's name: {@code tf}, {@code torch}, {@code caffe}, or what the file calls it
 * @param resizeRatio the resized short side in input sides: 256/224 by default, 1 where there is no margin to crop
 * @param interpolation the filter of the resize
 * @param channelOrder which channel comes first
 * @param mean subtracted, one value a channel, in {@code channelOrder}
 * @param scale multiplied after that, one value a channel, in {@code channelOrder}
 */
public record Preprocessing(
        String name,
        double resizeRatio,
        Interpolation interpolation,
        ChannelOrder channelOrder,
        float[] mean,
        float[] scale)
        implements Serializable {

    /** The filter of a resize; both are antialiased, as Pillow's are. */
    public enum Interpolation {
        /** Triangle filter, Pillow's {@code BILINEAR}. */
        BILINEAR,
        /** Keys' cubic with a = -0.5, Pillow's {@code BICUBIC}. */
        BICUBIC
    }

    /** The order of colour channels in memory. */
    public enum ChannelOrder {
        /** Red first. */
        RGB,
        /** Blue first, as Caffe has it. */
        BGR
    }

    /** Short side 256 and a centre crop of 224, in input sides. */
    public static final double DEFAULT_RESIZE_RATIO = 256.0 / 224.0;

    /** Keras and TensorFlow: {@code x / 127.5 - 1}, in [-1, 1]. */
    public static final Preprocessing TF = new Preprocessing(
            "tf", DEFAULT_RESIZE_RATIO, Interpolation.BILINEAR, ChannelOrder.RGB, same(127.5f), same(1 / 127.5f));

    /** PyTorch: {@code (x / 255 - mean) / deviation} with the ImageNet constants. */
    public static final Preprocessing TORCH = new Preprocessing(
            "torch",
            DEFAULT_RESIZE_RATIO,
            Interpolation.BILINEAR,
            ChannelOrder.RGB,
            new float[] {0.485f * 255, 0.456f * 255, 0.406f * 255},
            new float[] {1 / (0.229f * 255), 1 / (0.224f * 255), 1 / (0.225f * 255)});

    /** MobileNet-Caffe: BGR, {@code (x - mean) * 0.017}. */
    public static final Preprocessing CAFFE = new Preprocessing(
            "caffe",
            DEFAULT_RESIZE_RATIO,
            Interpolation.BILINEAR,
            ChannelOrder.BGR,
            new float[] {103.94f, 116.78f, 123.68f},
            same(0.017f));

    /** Checks the fields and copies the arrays. */
    public Preprocessing {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(interpolation, "interpolation");
        Objects.requireNonNull(channelOrder, "channelOrder");
        if (!(resizeRatio >= 1 && resizeRatio <= 4)) {
            throw new IllegalArgumentException("resize ratio " + resizeRatio + ", expected 1 to 4");
        }
        if (mean.length != 3 || scale.length != 3) {
            throw new IllegalArgumentException(
                    mean.length + " means and " + scale.length + " scales, expected 3 of each");
        }
        mean = mean.clone();
        scale = scale.clone();
    }

    /** The same with another resize before the crop. */
    public Preprocessing withResizeRatio(double ratio) {
        return new Preprocessing(name, ratio, interpolation, channelOrder, mean, scale);
    }

    @Override
    public float[] mean() {
        return mean.clone();
    }

    @Override
    public float[] scale() {
        return scale.clone();
    }

    private static float[] same(float value) {
        return new float[] {value, value, value};
    }

    /** One line for people. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s: %s, %s, short side x%.3f then centre crop, (x - %s) * %s",
                name,
                channelOrder,
                interpolation.name().toLowerCase(Locale.ROOT),
                resizeRatio,
                Arrays.toString(mean),
                Arrays.toString(scale));
    }
}
