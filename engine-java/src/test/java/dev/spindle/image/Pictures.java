package dev.spindle.image;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures and picture files for tests. */
final class Pictures {

    static final int APP0 = 0xE0;
    static final int APP1 = 0xE1;
    static final int APP2 = 0xE2;
    static final int APP14 = 0xEE;

    private Pictures() {}

    static Image random(int width, int height, long seed) {
        byte[] rgb = new byte[width * height * 3];
        new Random(seed).nextBytes(rgb);
        return Image.ofRgb(width, height, rgb);
    }

    /** Soft enough for JPEG, with no symmetry. */
    static Image gradient(int width, int height) {
        byte[] rgb = new byte[width * height * 3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int at = (y * width + x) * 3;
                rgb[at] = (byte) (255 * x / width);
                rgb[at + 1] = (byte) (255 * y / height);
                rgb[at + 2] = (byte) (255 * (x + y) / (width + height));
            }
        }
        return Image.ofRgb(width, height, rgb);
    }

    static BufferedImage buffered(Image image, int type) {
        BufferedImage result = new BufferedImage(image.width(), image.height(), type);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                result.setRGB(x, y, 0xFF000000 | image.pixel(x, y));
            }
        }
        return result;
    }

    static byte[] encode(Image image, String format) throws IOException {
        return encode(buffered(image, BufferedImage.TYPE_3BYTE_BGR), format);
    }

    static byte[] encode(BufferedImage image, String format) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            if (!ImageIO.write(image, format, stream)) {
                throw new IOException("no writer for " + format + " takes " + image);
            }
        }
        return out.toByteArray();
    }

    /** A JPEG of these components, unconverted, not subsampled, of the best quality, without any APPn segment. */
    static byte[] bareJpeg(int width, int height, int bands, byte[] samples) throws IOException {
        WritableRaster raster =
                Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, width, height, bands, null);
        raster.setDataElements(0, 0, width, height, samples);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (ImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            writer.setOutput(stream);
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(1);
            writer.write(null, new IIOImage(raster, null, null), param);
        } finally {
            writer.dispose();
        }
        return withoutApplicationSegments(out.toByteArray());
    }

    private static byte[] withoutApplicationSegments(byte[] jpeg) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, 2);
        int at = 2;
        while ((jpeg[at + 1] & 0xFF) != 0xDA) {
            int bytes = 2 + ((jpeg[at + 2] & 0xFF) << 8 | jpeg[at + 3] & 0xFF);
            if ((jpeg[at + 1] & 0xF0) != 0xE0) {
                out.write(jpeg, at, bytes);
            }
            at += bytes;
        }
        out.write(jpeg, at, jpeg.length - at);
        return out.toByteArray();
    }

    /** Inserts a segment after the start of image. */
    static byte[] withSegment(byte[] jpeg, int marker, byte[] content) {
        ByteBuffer result = ByteBuffer.allocate(jpeg.length + 4 + content.length);
        result.put(jpeg, 0, 2).put((byte) 0xFF).put((byte) marker).putShort((short) (content.length + 2));
        return result.put(content).put(jpeg, 2, jpeg.length - 2).array();
    }

    static byte[] adobe(int transform) {
        return new byte[] {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, (byte) transform};
    }

    static byte[] jfif() {
        return new byte[] {'J', 'F', 'I', 'F', 0, 1, 2, 0, 0, 1, 0, 1, 0, 0};
    }

    /** TIFF header and a directory of two entries, the second of which is the orientation. */
    static byte[] exif(ByteOrder order, int orientation) {
        ByteBuffer tiff = ByteBuffer.allocate(8 + 2 + 2 * 12 + 4).order(order);
        tiff.putShort((short) (order == ByteOrder.LITTLE_ENDIAN ? 0x4949 : 0x4D4D)).putShort((short) 42).putInt(8);
        tiff.putShort((short) 2);
        tiff.putShort((short) 0x0100).putShort((short) 4).putInt(1).putInt(orientation % 8 + 1);
        tiff.putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) orientation).putShort((short) 0);
        return tiff.array();
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    static byte[] jpegExif(byte[] tiff) {
        return concat(new byte[] {'E', 'x', 'i', 'f', 0, 0}, tiff);
    }

    static byte[] pngChunk(String type, byte[] data) {
        byte[] name = type.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        CRC32 sum = new CRC32();
        sum.update(name);
        sum.update(data);
        return ByteBuffer.allocate(12 + data.length).putInt(data.length).put(name).put(data)
                .putInt((int) sum.getValue()).array();
    }

    /** Inserts a chunk after the header chunk. */
    static byte[] withPngChunk(byte[] png, String type, byte[] data) {
        int header = 8 + 12 + 13;
        return concat(Arrays.copyOf(png, header), pngChunk(type, data), Arrays.copyOfRange(png, header, png.length));
    }
}
