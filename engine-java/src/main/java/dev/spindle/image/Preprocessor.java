package dev.spindle.image;

import dev.spindle.image.Preprocessing.ChannelOrder;
import java.util.Objects;

/**
 * Turns pictures into inputs of one network: resizes, crops the centre or fills up, and scales as a {@link Preprocessing}
 * says.
 *
 * <p>For classifiers the geometry is torchvision's {@code Resize} and a centre crop. For a square network of side {@code s},
 * the short side becomes {@code round(resizeRatio * s)} and the long side keeps the aspect, rounded down; for others, the
 * picture is resized to just cover {@code round(resizeRatio * height)} by {@code round(resizeRatio * width)}. The crop starts
 * at half the margin, rounded down. Only what the crop keeps is computed.
 *
 * <p>With {@link Fit#PAD} it is DeepLab's: the whole picture is resized, with its aspect, to just fit the input, stands in the
 * upper left corner, and the rest has the mean colour. A picture of the input's size is not resampled. With
 * {@link Fit#STRETCH} it is that of SSD: the whole picture gets the input's sides, whatever its aspect.
 *
 * <p>Buffers are kept from call to call and only grow. One thread at a time.
 */
public final class Preprocessor {

    /** What becomes of pictures of another shape than the input's. */
    public enum Fit {
        /** The picture covers the input, and what is beyond it is lost. */
        CROP,
        /** The input covers the picture, and the rest is filled up. */
        PAD,
        /** The picture gets the input's sides, whatever its aspect. */
        STRETCH
    }

    /** Sides in pixels. */
    public record Size(int width, int height) {}

    private static final int LEVELS = 256;

    private final Preprocessing preprocessing;
    private final Fit fit;
    private final int height;
    private final int width;
    private final byte[] pixels;
    private final Resampler resampler = new Resampler();

    /** The input values of the 256 levels, one channel after the other in the network's order. */
    private final float[] values = new float[Image.CHANNELS * LEVELS];

    /**
     * Prepares for a network.
     *
     * @param preprocessing what the network was trained with
     * @param height of the network's input, at least 1
     * @param width of the network's input, at least 1
     */
    public Preprocessor(Preprocessing preprocessing, int height, int width) {
        this(preprocessing, Fit.CROP, height, width);
    }

    /**
     * Prepares for a network.
     *
     * @param preprocessing what the network was trained with; its resize ratio is for {@link Fit#CROP}
     * @param fit what becomes of pictures of another shape
     * @param height of the network's input, at least 1
     * @param width of the network's input, at least 1
     */
    public Preprocessor(Preprocessing preprocessing, Fit fit, int height, int width) {
        this.preprocessing = Objects.requireNonNull(preprocessing, "preprocessing");
        this.fit = Objects.requireNonNull(fit, "fit");
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("input of " + height + "x" + width + ", expected at least 1x1");
        }
        this.height = height;
        this.width = width;
        this.pixels = new byte[Math.multiplyExact(Math.multiplyExact(height, width), Image.CHANNELS)];
        float[] mean = preprocessing.mean();
        float[] scale = preprocessing.scale();
        for (int channel = 0; channel < Image.CHANNELS; channel++) {
            for (int level = 0; level < LEVELS; level++) {
                values[channel * LEVELS + level] = (level - mean[channel]) * scale[channel];
            }
        }
    }

    /** Values of one input: {@code height * width * 3}. */
    public int length() {
        return pixels.length;
    }

    /**
     * Writes the input for a picture.
     *
     * @param image the picture
     * @param target receives {@link #length} values, NHWC, channels in the network's order
     * @param offset of the first
     * @throws IndexOutOfBoundsException where they do not fit
     */
    public void apply(Image image, float[] target, int offset) {
        Objects.checkFromIndexSize(offset, pixels.length, target.length);
        fill(image);
        boolean reversed = preprocessing.channelOrder() == ChannelOrder.BGR;
        int first = reversed ? 2 : 0;
        int third = 2 - first;
        for (int at = 0; at < pixels.length; at += Image.CHANNELS) {
            target[offset + at] = values[pixels[at + first] & 0xFF];
            target[offset + at + 1] = values[LEVELS + (pixels[at + 1] & 0xFF)];
            target[offset + at + 2] = values[2 * LEVELS + (pixels[at + third] & 0xFF)];
        }
    }

    /**
     * The input for a picture, in a new array.
     *
     * @param image the picture
     * @return {@code height * width * 3} values, NHWC, channels in the network's order
     */
    public float[] apply(Image image) {
        float[] target = new float[pixels.length];
        apply(image, target, 0);
        return target;
    }

    /**
     * What the network sees: the picture resized and cropped or filled up, before mean and scale, in RGB whatever the
     * network's order.
     *
     * @param image the picture
     * @return a picture of the input's height and width
     */
    public Image fit(Image image) {
        fill(image);
        return Image.ofRgb(width, height, pixels);
    }

    /** The part of the input, from its upper left corner, that a picture takes. */
    public Size size(Image image) {
        if (fit != Fit.PAD) {
            return new Size(width, height);
        }
        double scale = Math.min((double) width / image.width(), (double) height / image.height());
        return new Size(
                Math.clamp(Math.round(scale * image.width()), 1, width),
                Math.clamp(Math.round(scale * image.height()), 1, height));
    }

    private void fill(Image image) {
        switch (fit) {
            case CROP -> crop(image);
            case PAD -> pad(image);
            case STRETCH -> resize(image, new Size(width, height));
            default -> throw new AssertionError(fit);
        }
    }

    private void resize(Image image, Size size) {
        resampler.resample(
                image, new Resampler.Window(size.width, size.height, 0, 0), size.width, size.height,
                preprocessing.interpolation(), pixels);
    }

    private void pad(Image image) {
        Size size = size(image);
        resize(image, size);
        boolean reversed = preprocessing.channelOrder() == ChannelOrder.BGR;
        float[] mean = preprocessing.mean();
        int rowBytes = width * Image.CHANNELS;
        int taken = size.width * Image.CHANNELS;
        for (int y = height - 1; y >= 0; y--) {
            int filled = y * rowBytes;
            if (y < size.height) {
                System.arraycopy(pixels, y * taken, pixels, filled, taken);
                filled += taken;
            }
            for (int at = filled; at < (y + 1) * rowBytes; at++) {
                int channel = at % Image.CHANNELS;
                pixels[at] = (byte) Math.clamp(Math.round(mean[reversed ? 2 - channel : channel]), 0, LEVELS - 1);
            }
        }
    }

    private void crop(Image image) {
        long boxWidth = Math.round(preprocessing.resizeRatio() * width);
        long boxHeight = Math.round(preprocessing.resizeRatio() * height);
        long resizedWidth = boxWidth;
        long resizedHeight = boxHeight;
        if (boxHeight * image.width() >= boxWidth * image.height()) {
            resizedWidth = boxHeight * image.width() / image.height();
        } else {
            resizedHeight = boxWidth * image.height() / image.width();
        }
        Resampler.Window window = new Resampler.Window(
                resizedWidth, resizedHeight, (resizedWidth - width) / 2, (resizedHeight - height) / 2);
        resampler.resample(image, window, width, height, preprocessing.interpolation(), pixels);
    }
}
