package dev.spindle.image;

import java.awt.image.BufferedImage;
import java.util.Objects;

/**
 * A decoded picture: rows from the top, pixels from the left, three bytes a pixel in the order red, green, blue, nothing
 * between rows. Immutable and safe to share between threads.
 */
public final class Image {

    /** Bytes a pixel. */
    static final int CHANNELS = 3;

    private final int width;
    private final int height;
    private final byte[] rgb;

    private Image(int width, int height, byte[] rgb) {
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    /**
     * A picture from bytes.
     *
     * @param width pixels a row, at least 1
     * @param height rows, at least 1
     * @param rgb {@code height * width * 3} bytes, copied
     * @throws IllegalArgumentException where sides and length do not fit
     */
    public static Image ofRgb(int width, int height, byte[] rgb) {
        return wrap(width, height, rgb.clone());
    }

    /**
     * A picture from the JDK's. Alpha is dropped and a colour profile ignored, as Pillow's {@code convert("RGB")} does;
     * grey is repeated, the high byte is taken of 16-bit samples, fewer than 8 bits are stretched to 0..255, and CMYK is
     * converted by Pillow's formula without a profile.
     *
     * @param image of any type; read, not kept
     */
    // Whoever has a BufferedImage reads java.desktop already; the module need not hand it on to everybody.
    @SuppressWarnings("exports")
    public static Image of(BufferedImage image) {
        return wrap(image.getWidth(), image.getHeight(), Samples.rgb(image));
    }

    /** As {@link #ofRgb}, but keeps the array: for callers in this package that give it away. */
    static Image wrap(int width, int height, byte[] rgb) {
        if (width < 1 || height < 1 || rgb.length != (long) width * height * CHANNELS) {
            throw new IllegalArgumentException(rgb.length + " bytes for " + width + "x" + height
                    + " pixels, expected sides of at least 1 and 3 bytes a pixel");
        }
        return new Image(width, height, rgb);
    }

    /** Pixels a row. */
    public int width() {
        return width;
    }

    /** Rows. */
    public int height() {
        return height;
    }

    /** One pixel as {@code 0xRRGGBB}. */
    public int pixel(int x, int y) {
        Objects.checkIndex(x, width);
        Objects.checkIndex(y, height);
        int at = (y * width + x) * CHANNELS;
        return (rgb[at] & 0xFF) << 16 | (rgb[at + 1] & 0xFF) << 8 | rgb[at + 2] & 0xFF;
    }

    /** A copy of the {@code height * width * 3} bytes. */
    public byte[] toRgb() {
        return rgb.clone();
    }

    /** The bytes themselves: for readers in this package. */
    byte[] bytes() {
        return rgb;
    }

    /** Width and height. */
    @Override
    public String toString() {
        return "image of " + width + "x" + height;
    }
}
