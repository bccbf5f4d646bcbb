package dev.spindle.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * From the sample layouts of java.awt to packed RGB bytes. Samples are read from the raster, not through the colour model,
 * which would take grey for linear light and apply profiles.
 */
final class Samples {

    /** Fractional bits of the colour equations. */
    private static final int FRACTION = 16;

    /** JFIF's coefficients times a byte's distance from 128; those of green before their rounding. */
    private static final int[] RED_OF_CR = new int[256];
    private static final int[] GREEN_OF_CB = new int[256];
    private static final int[] GREEN_OF_CR = new int[256];
    private static final int[] BLUE_OF_CB = new int[256];

    static {
        int half = 1 << FRACTION - 1;
        for (int value = 0; value < 256; value++) {
            int distance = value - 128;
            RED_OF_CR[value] = fixed(1.40200) * distance + half >> FRACTION;
            GREEN_OF_CB[value] = half - fixed(0.34414) * distance;
            GREEN_OF_CR[value] = -fixed(0.71414) * distance;
            BLUE_OF_CB[value] = fixed(1.77200) * distance + half >> FRACTION;
        }
    }

    private Samples() {}

    /** Packed RGB of an image of any type; see {@link Image#of}. */
    static byte[] rgb(BufferedImage image) {
        ColorModel model = image.getColorModel();
        Raster raster = image.getRaster();
        if (model instanceof IndexColorModel palette) {
            return fromPalette(raster, palette);
        }
        if (hasPlainSamples(model, raster)) {
            switch (model.getColorSpace().getType()) {
                case ColorSpace.TYPE_GRAY:
                    return interleave(raster, 0, 0, 0);
                case ColorSpace.TYPE_RGB:
                    return interleave(raster, 0, 1, 2);
                case ColorSpace.TYPE_CMYK:
                    return cmykToRgb(interleave(raster, 0, 1, 2, 3));
                default:
                    break;
            }
        }
        return fromColours(image);
    }

    private static boolean hasPlainSamples(ColorModel model, Raster raster) {
        int type = raster.getTransferType();
        boolean unsigned = type == DataBuffer.TYPE_BYTE || type == DataBuffer.TYPE_USHORT;
        boolean packed = type == DataBuffer.TYPE_INT && raster.getSampleModel().getSampleSize(0) < Integer.SIZE;
        return (unsigned || packed) && !model.isAlphaPremultiplied();
    }

    /**
     * Copies bands into packed bytes.
     *
     * @param raster of unsigned samples of at most 31 bits
     * @param bands which band each byte of a pixel comes from
     * @return {@code height * width * bands.length} bytes
     */
    static byte[] interleave(Raster raster, int... bands) {
        byte[] packed = new byte[Math.multiplyExact(
                Math.multiplyExact(raster.getWidth(), raster.getHeight()), bands.length)];
        if (raster.getSampleModel() instanceof ComponentSampleModel model
                && raster.getDataBuffer() instanceof DataBufferByte buffer) {
            copyBytes(raster, model, buffer, bands, packed);
        } else {
            copySamples(raster, bands, packed);
        }
        return packed;
    }

    private static void copyBytes(
            Raster raster, ComponentSampleModel model, DataBufferByte buffer, int[] bands, byte[] packed) {
        int rowBytes = raster.getWidth() * bands.length;
        if (isPacked(model, bands)) {
            byte[] data = buffer.getData(model.getBankIndices()[bands[0]]);
            for (int y = 0; y < raster.getHeight(); y++) {
                System.arraycopy(data, offset(raster, model, buffer, y, bands[0]), packed, y * rowBytes, rowBytes);
            }
            return;
        }
        int step = model.getPixelStride();
        for (int band = 0; band < bands.length; band++) {
            byte[] data = buffer.getData(model.getBankIndices()[bands[band]]);
            for (int y = 0; y < raster.getHeight(); y++) {
                int from = offset(raster, model, buffer, y, bands[band]);
                int to = y * rowBytes + band;
                for (int x = 0; x < raster.getWidth(); x++) {
                    packed[to + x * bands.length] = data[from + x * step];
                }
            }
        }
    }

    /** Whether these bands follow each other, pixel by pixel, as they shall, which JPEG's do. */
    private static boolean isPacked(ComponentSampleModel model, int[] bands) {
        boolean packed = model.getPixelStride() == bands.length;
        for (int band = 1; band < bands.length; band++) {
            packed &= model.getBankIndices()[bands[band]] == model.getBankIndices()[bands[0]]
                    && model.getBandOffsets()[bands[band]] == model.getBandOffsets()[bands[0]] + band;
        }
        return packed;
    }

    private static int offset(Raster raster, ComponentSampleModel model, DataBufferByte buffer, int y, int band) {
        return buffer.getOffsets()[model.getBankIndices()[band]] + model.getOffset(
                raster.getMinX() - raster.getSampleModelTranslateX(),
                raster.getMinY() + y - raster.getSampleModelTranslateY(),
                band);
    }

    private static void copySamples(Raster raster, int[] bands, byte[] packed) {
        int width = raster.getWidth();
        int[] row = new int[width];
        for (int band = 0; band < bands.length; band++) {
            int bits = raster.getSampleModel().getSampleSize(bands[band]);
            int largest = (1 << bits) - 1;
            for (int y = 0; y < raster.getHeight(); y++) {
                raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, bands[band], row);
                int to = y * width * bands.length + band;
                for (int x = 0; x < width; x++) {
                    packed[to + x * bands.length] =
                            (byte) (bits < Byte.SIZE ? row[x] * 255 / largest : row[x] >>> bits - Byte.SIZE);
                }
            }
        }
    }

    private static byte[] fromPalette(Raster raster, IndexColorModel palette) {
        int width = raster.getWidth();
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, raster.getHeight()), Image.CHANNELS)];
        int[] row = new int[width];
        int to = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
            for (int index : row) {
                to = put(rgb, to, palette.getRGB(index));
            }
        }
        return rgb;
    }

    private static byte[] fromColours(BufferedImage image) {
        int width = image.getWidth();
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, image.getHeight()), Image.CHANNELS)];
        int[] row = new int[width];
        int to = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int argb : row) {
                to = put(rgb, to, argb);
            }
        }
        return rgb;
    }

    private static int put(byte[] rgb, int at, int argb) {
        rgb[at] = (byte) (argb >> 16);
        rgb[at + 1] = (byte) (argb >> 8);
        rgb[at + 2] = (byte) argb;
        return at + Image.CHANNELS;
    }

    /**
     * JFIF's equations in libjpeg's 16-bit fixed point, in place.
     *
     * @param pixels of {@code stride} bytes, the first three of which are Y, Cb, Cr and become red, green, blue
     */
    static void yccToRgb(byte[] pixels, int stride) {
        for (int at = 0; at < pixels.length; at += stride) {
            int y = pixels[at] & 0xFF;
            int cb = pixels[at + 1] & 0xFF;
            int cr = pixels[at + 2] & 0xFF;
            pixels[at] = clip(y + RED_OF_CR[cr]);
            pixels[at + 1] = clip(y + (GREEN_OF_CB[cb] + GREEN_OF_CR[cr] >> FRACTION));
            pixels[at + 2] = clip(y + BLUE_OF_CB[cb]);
        }
    }

    /** Inverts, in place, the bytes of each pixel from {@code first} on. */
    static void invert(byte[] pixels, int first, int stride) {
        for (int at = 0; at < pixels.length; at += stride) {
            for (int i = first; i < stride; i++) {
                pixels[at + i] = (byte) ~pixels[at + i];
            }
        }
    }

    /** Pillow's formula: {@code (255 - ink) * (255 - black) / 255}, the product of ink and paper rounded. */
    static byte[] cmykToRgb(byte[] cmyk) {
        byte[] rgb = new byte[cmyk.length / 4 * Image.CHANNELS];
        for (int from = 0, to = 0; from < cmyk.length; from += 4, to += Image.CHANNELS) {
            int paper = 255 - (cmyk[from + 3] & 0xFF);
            for (int ink = 0; ink < Image.CHANNELS; ink++) {
                int product = (cmyk[from + ink] & 0xFF) * paper + 128;
                rgb[to + ink] = clip(paper - ((product >> 8) + product >> 8));
            }
        }
        return rgb;
    }

    private static int fixed(double coefficient) {
        return (int) (coefficient * (1 << FRACTION) + 0.5);
    }

    private static byte clip(int value) {
        return (byte) Math.max(0, Math.min(255, value));
    }
}
