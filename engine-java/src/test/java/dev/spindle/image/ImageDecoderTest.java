package dev.spindle.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.InvalidInputException;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDecoderTest {

    @TempDir
    private Path folder;

    // Formats and pixel layouts.

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp"})
    void losslessFormatsComeBackExactly(String format) throws IOException {
        Image picture = Pictures.random(37, 21, 5);
        assertSamePixels(picture, ImageDecoder.decode(Pictures.encode(picture, format), "picture"));
    }

    @Test
    void jpegComesBackNearly() throws IOException {
        Image picture = Pictures.gradient(160, 96);
        assertNear(picture, ImageDecoder.decode(Pictures.encode(picture, "jpeg"), "picture"), 8);
    }

    @Test
    void greyJpegIsNotTakenForLinearLight() throws IOException {
        byte[] grey = new byte[32 * 16];
        Arrays.fill(grey, (byte) 100);
        Image result = ImageDecoder.decode(Pictures.bareJpeg(32, 16, 1, grey), "grey.jpg");
        assertEquals(0x646464, result.pixel(5, 5));
    }

    @Test
    void gifGivesItsPalette() throws IOException {
        byte[] red = {0, 10, (byte) 250, 30};
        byte[] green = {1, 90, 20, (byte) 200};
        byte[] blue = {2, 77, 66, 55};
        BufferedImage image = new BufferedImage(
                5, 9, BufferedImage.TYPE_BYTE_INDEXED, new IndexColorModel(8, 4, red, green, blue, 3));
        for (int i = 0; i < 45; i++) {
            image.getRaster().setSample(i % 5, i / 5, 0, i % 4);
        }
        Image result = ImageDecoder.decode(Pictures.encode(image, "gif"), "picture.gif");
        int[] colours = {0x000102, 0x0A5A4D, 0xFA1442, 0x1EC837};
        for (int i = 0; i < 45; i++) {
            assertEquals(colours[i % 4], result.pixel(i % 5, i / 5), "the transparent entry included");
        }
    }

    /** PNG's colour types, written by hand: ImageIO's writer does not offer all of them. */
    @ParameterizedTest
    @CsvSource({
        // bit depth, colour type, bytes of the two pixels, expected
        "8, 0, 64C8, 646464, C8C8C8",
        "16, 0, 12FF80FF, 121212, 808080",
        "1, 0, 40, 000000, FFFFFF",
        "2, 0, 60, 555555, AAAAAA",
        "4, 0, 3C, 333333, CCCCCC",
        "8, 4, 6400C880, 646464, C8C8C8",
        "16, 4, 12FF00FF80FF8000, 121212, 808080",
        "8, 2, 0102030A0B0C, 010203, 0A0B0C",
        "16, 2, 01FF02FF03FF0A000B000C00, 010203, 0A0B0C",
        "8, 6, 010203000A0B0C80, 010203, 0A0B0C",
        "16, 6, 01FF02FF03FF00000A000B000C008000, 010203, 0A0B0C",
        "8, 3, 0100, F0E0D0, 102030",
        "4, 3, 10, F0E0D0, 102030",
        "1, 3, 80, F0E0D0, 102030"
    })
    void pngOfEveryColourType(int depth, int type, String pixels, String first, String second) throws IOException {
        byte[] rows = java.util.HexFormat.of().parseHex("00" + pixels);
        byte[] palette = {0x10, 0x20, 0x30, (byte) 0xF0, (byte) 0xE0, (byte) 0xD0};
        byte[] png = Pictures.concat(
                pngHeader(2, 1, depth, type),
                type == 3 ? Pictures.pngChunk("PLTE", palette) : new byte[0],
                Pictures.pngChunk("IDAT", deflated(rows)),
                Pictures.pngChunk("IEND", new byte[0]));
        Image image = ImageDecoder.decode(png, "picture.png");
        assertEquals(Integer.parseInt(first, 16), image.pixel(0, 0));
        assertEquals(Integer.parseInt(second, 16), image.pixel(1, 0));
    }

    @Test
    void bmpOfSixteenBits() throws IOException {
        BufferedImage image = new BufferedImage(3, 2, BufferedImage.TYPE_USHORT_555_RGB);
        image.getRaster().setPixel(1, 0, new int[] {31, 16, 1});
        Image result = ImageDecoder.decode(Pictures.encode(image, "bmp"), "picture.bmp");
        assertEquals(0xFF8308, result.pixel(1, 0));
        assertEquals(0x000000, result.pixel(2, 1));
    }

    // Colours of JPEG.

    private static byte[] uniform(int... pixel) {
        byte[] samples = new byte[32 * 16 * pixel.length];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (byte) pixel[i % pixel.length];
        }
        return samples;
    }

    private static Image decodeAdobe(byte[] jpeg, int transform) {
        return ImageDecoder.decode(Pictures.withSegment(jpeg, Pictures.APP14, Pictures.adobe(transform)), "adobe.jpg");
    }

    private static void assertPixelNear(int expected, Image image) {
        for (int shift = 0; shift <= 16; shift += 8) {
            assertEquals(expected >> shift & 0xFF, image.pixel(9, 9) >> shift & 0xFF, 2, "shift " + shift);
        }
    }

    @Test
    void rgbJpegIsNotConverted() throws IOException {
        byte[] jpeg = Pictures.bareJpeg(32, 16, 3, uniform(200, 100, 30));
        assertPixelNear(0xC8641E, decodeAdobe(jpeg, 0));
    }

    @Test
    void threeComponentsWithoutMarkersAreYcc() throws IOException {
        // Y 100, Cb 128 + 20, Cr 128 + 50: R = Y + 1.402 Cr, G = Y - 0.34414 Cb - 0.71414 Cr, B = Y + 1.772 Cb.
        int expected = 170 << 16 | 57 << 8 | 135;
        byte[] jpeg = Pictures.bareJpeg(32, 16, 3, uniform(100, 148, 178));
        assertPixelNear(expected, ImageDecoder.decode(jpeg, "ycc"));
        assertPixelNear(expected, ImageDecoder.decode(Pictures.withSegment(jpeg, Pictures.APP0, Pictures.jfif()), "ycc"));
    }

    @Test
    void cmykJpegIsAdobesInverted() throws IOException {
        // Ink 0.2, 0.4, 1 and black 0.1 of 255, stored inverted: (255 - ink) * (255 - black) / 255.
        byte[] jpeg = Pictures.bareJpeg(32, 16, 4, uniform(255 - 51, 255 - 102, 0, 255 - 25));
        int expected = 184 << 16 | 138 << 8;
        assertPixelNear(expected, ImageDecoder.decode(jpeg, "cmyk"));
        assertPixelNear(expected, decodeAdobe(jpeg, 0));
    }

    @Test
    void ycckJpegIsConvertedTwice() throws IOException {
        // The inverted CMYK is (255 - R, 255 - G, 255 - B) of the YCC triple, so R, G and B are the inks.
        byte[] jpeg = Pictures.bareJpeg(32, 16, 4, uniform(100, 148, 178, 230));
        int expected = (255 - 170) * 230 / 255 << 16 | (255 - 57) * 230 / 255 << 8 | (255 - 135) * 230 / 255;
        assertPixelNear(expected, decodeAdobe(jpeg, 2));
    }

    @Test
    void profilesAreIgnored() throws IOException {
        byte[] linear = ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData();
        byte[] jpeg = Pictures.encode(Pictures.gradient(64, 48), "jpeg");
        byte[] header = "ICC_PROFILE\0\1\1".getBytes(StandardCharsets.US_ASCII);
        byte[] profiled = Pictures.withSegment(jpeg, Pictures.APP2, Pictures.concat(header, linear));
        assertSamePixels(ImageDecoder.decode(jpeg, "plain"), ImageDecoder.decode(profiled, "profiled"));

        Image picture = Pictures.random(8, 8, 2);
        byte[] named = Pictures.concat("linear\0\0".getBytes(StandardCharsets.US_ASCII), deflated(linear));
        assertSamePixels(
                picture,
                ImageDecoder.decode(Pictures.withPngChunk(Pictures.encode(picture, "png"), "iCCP", named), "png"));
    }

    @Test
    void jpegOfTwoComponentsIsRefused() throws IOException {
        byte[] jpeg = Pictures.bareJpeg(32, 16, 3, uniform(1, 2, 3));
        int frame = indexOf(jpeg, 0xC0);
        jpeg[frame + 9] = 2;
        assertThrows(InvalidInputException.class, () -> ImageDecoder.decode(jpeg, "two.jpg"));
    }

    // Files that are no pictures.

    @Test
    void emptyFile() throws IOException {
        assertRefused(Files.createFile(folder.resolve("empty.jpg")), "an empty file");
    }

    @Test
    void textFile() throws IOException {
        Path file = Files.writeString(folder.resolve("text.png"), "This is no picture.");
        assertRefused(file, "19 bytes that starts with 54 68 69 73");
    }

    @Test
    void missingFileAndFolder() {
        assertRefused(folder.resolve("missing.png"), "no such file");
        assertRefused(folder, "a folder");
    }

    @Test
    void tiffIsRefusedForItsReaderHasNoBound() throws IOException {
        byte[] tiff = Pictures.encode(Pictures.random(4, 4, 1), "tiff");
        assertRefused(Files.write(folder.resolve("picture.tif"), tiff), "starts with");
    }

    @Test
    void fileBeyondTheLimitIsNotRead() throws IOException {
        Path file = folder.resolve("large.png");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(ImageDecoder.MAX_FILE_BYTES + 1);
        }
        assertRefused(file, "more");
    }

    @Test
    void readingErrorsKeepTheirCause() {
        IOException cause = new IOException("disk on fire");
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw cause;
            }
        };
        UncheckedIOException error =
                assertThrows(UncheckedIOException.class, () -> ImageDecoder.decode(broken, "stream"));
        assertSame(cause, error.getCause());
        assertTrue(error.getMessage().startsWith("stream: "), error.getMessage());
    }

    // Pictures too large.

    @Test
    void announcedSizeIsCheckedBeforeAllocation() throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        files.put("png", Pictures.concat(
                pngHeader(30000, 30000, 8, 2), Pictures.pngChunk("IDAT", deflated(new byte[100]))));
        byte[] jpeg = Pictures.encode(Pictures.gradient(16, 16), "jpeg");
        ByteBuffer.wrap(jpeg).putShort(indexOf(jpeg, 0xC0) + 5, (short) 30000).putShort(
                indexOf(jpeg, 0xC0) + 7, (short) 30000);
        files.put("jpg", jpeg);
        byte[] bmp = Pictures.encode(Pictures.gradient(16, 16), "bmp");
        ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN).putInt(18, 30000).putInt(22, 30000);
        files.put("bmp", bmp);
        byte[] gif = Pictures.encode(new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY), "gif");
        int descriptor = lastIndexOf(gif, new byte[] {0x2C, 0, 0, 0, 0, 16, 0, 16, 0});
        ByteBuffer.wrap(gif).order(ByteOrder.LITTLE_ENDIAN).putShort(descriptor + 5, (short) 30000).putShort(
                descriptor + 7, (short) 30000);
        files.put("gif", gif);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path path = Files.write(folder.resolve("huge." + file.getKey()), file.getValue());
            // The JDK's BMP reader refuses a size that the file's length does not bear out, before it can be asked.
            assertRefused(path, file.getKey().equals("bmp") ? "corrupt data" : "30000x30000");
        }
    }

    // Corrupt files.

    private static Map<String, byte[]> samples() throws IOException {
        Image picture = Pictures.gradient(48, 40);
        byte[] jpeg = Pictures.encode(picture, "jpeg");
        Map<String, byte[]> files = new TreeMap<>();
        files.put("plain.jpg", jpeg);
        files.put("exif.jpg", Pictures.withSegment(
                jpeg, Pictures.APP1, Pictures.jpegExif(Pictures.exif(ByteOrder.LITTLE_ENDIAN, 6))));
        files.put("cmyk.jpg", Pictures.bareJpeg(32, 16, 4, uniform(100, 148, 178, 230)));
        files.put("rgb.png", Pictures.withPngChunk(
                Pictures.encode(picture, "png"), "eXIf", Pictures.exif(ByteOrder.BIG_ENDIAN, 8)));
        files.put("palette.png", Pictures.encode(Pictures.buffered(picture, BufferedImage.TYPE_BYTE_INDEXED), "png"));
        files.put("rgb.bmp", Pictures.encode(picture, "bmp"));
        files.put("palette.bmp", Pictures.encode(Pictures.buffered(picture, BufferedImage.TYPE_BYTE_INDEXED), "bmp"));
        files.put("palette.gif", Pictures.encode(Pictures.buffered(picture, BufferedImage.TYPE_BYTE_INDEXED), "gif"));
        return files;
    }

    @Test
    void truncatedFilesAreRefused() throws IOException {
        for (Map.Entry<String, byte[]> file : samples().entrySet()) {
            byte[] whole = file.getValue();
            ImageDecoder.decode(whole, file.getKey());
            // The pixels of a PNG and a GIF end before their check sums and trailers do.
            int end = file.getKey().endsWith("jpg") ? whole.length - 1 : whole.length - 24;
            for (int length = 0; length <= end; length += length < 64 ? 1 : 13) {
                byte[] part = Arrays.copyOf(whole, length);
                String what = file.getKey() + " of " + length + " bytes";
                InvalidInputException error =
                        assertThrows(InvalidInputException.class, () -> ImageDecoder.decode(part, file.getKey()), what);
                assertIsOneLineAbout(file.getKey(), error);
            }
            assertThrows(
                    InvalidInputException.class,
                    () -> ImageDecoder.decode(Arrays.copyOf(whole, end), file.getKey()),
                    file.getKey());
        }
    }

    @Test
    void mutatedFilesGivePicturesOrOneKindOfError() throws IOException {
        Random random = new Random(20);
        int refused = 0;
        for (Map.Entry<String, byte[]> file : samples().entrySet()) {
            for (int i = 0; i < 300; i++) {
                byte[] mutant = file.getValue().clone();
                for (int changes = 1 + random.nextInt(6); changes > 0; changes--) {
                    // Mostly in the header, where it hurts.
                    int at = random.nextInt(random.nextBoolean() ? mutant.length : Math.min(mutant.length, 160));
                    mutant[at] = (byte) random.nextInt(256);
                }
                try {
                    ImageDecoder.decode(mutant, file.getKey());
                } catch (InvalidInputException e) {
                    refused++;
                    assertIsOneLineAbout(file.getKey(), e);
                }
            }
        }
        assertTrue(refused > 100, refused + " refused");
    }

    @Test
    void manyThreadsGetTheSame() throws IOException {
        byte[] jpeg = Pictures.encode(Pictures.gradient(90, 70), "jpeg");
        byte[] expected = ImageDecoder.decode(jpeg, "first").toRgb();
        IntStream.range(0, 64).parallel().forEach(
                i -> assertArrayEquals(expected, ImageDecoder.decode(new ByteArrayInputStream(jpeg), "again").toRgb()));
    }

    private static void assertRefused(Path file, String found) {
        InvalidInputException error = assertThrows(InvalidInputException.class, () -> ImageDecoder.decode(file));
        assertIsOneLineAbout(file.toString(), error);
        assertTrue(error.getMessage().contains(found), error.getMessage());
    }

    private static void assertIsOneLineAbout(String name, InvalidInputException error) {
        String message = error.getMessage();
        assertTrue(message.startsWith(name + ": expected "), message);
        assertTrue(message.contains(", found "), message);
        assertFalse(message.contains("\n"), message);
    }

    private static void assertSamePixels(Image expected, Image actual) {
        assertEquals(expected.width(), actual.width());
        assertEquals(expected.height(), actual.height());
        assertArrayEquals(expected.toRgb(), actual.toRgb());
    }

    private static void assertNear(Image expected, Image actual, int tolerance) {
        assertEquals(expected.width(), actual.width());
        byte[] a = expected.toRgb();
        byte[] b = actual.toRgb();
        assertEquals(a.length, b.length);
        for (int i = 0; i < a.length; i++) {
            assertEquals(a[i] & 0xFF, b[i] & 0xFF, tolerance, "byte " + i);
        }
    }

    private static byte[] pngHeader(int width, int height, int depth, int type) {
        byte[] header = ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) depth).put((byte) type).array();
        byte[] signature = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
        return Pictures.concat(signature, Pictures.pngChunk("IHDR", header));
    }

    private static byte[] deflated(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(out)) {
            deflater.write(bytes);
        }
        return out.toByteArray();
    }

    /** Where a JPEG marker's first byte is. */
    private static int indexOf(byte[] jpeg, int marker) {
        return lastIndexOf(jpeg, new byte[] {(byte) 0xFF, (byte) marker});
    }

    private static int lastIndexOf(byte[] bytes, byte[] part) {
        for (int at = bytes.length - part.length; at >= 0; at--) {
            if (Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
                return at;
            }
        }
        throw new AssertionError("not found");
    }
}
