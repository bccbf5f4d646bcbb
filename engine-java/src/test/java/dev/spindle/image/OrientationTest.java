package dev.spindle.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Six tiles, A B C over D E F, as a camera stores them in each of the eight positions. */
class OrientationTest {

    private static final String UPRIGHT = "ABC/DEF";
    private static final int TILE = 16;

    /** Levels of grey so far apart that JPEG cannot confuse them. */
    private static int level(char tile) {
        return 20 + 40 * (tile - 'A');
    }

    private static Image tiles(String layout) {
        String[] rows = layout.split("/");
        int width = rows[0].length() * TILE;
        int height = rows.length * TILE;
        byte[] rgb = new byte[width * height * 3];
        for (int i = 0; i < rgb.length; i++) {
            int x = i / 3 % width;
            int y = i / 3 / width;
            rgb[i] = (byte) level(rows[y / TILE].charAt(x / TILE));
        }
        return Image.ofRgb(width, height, rgb);
    }

    private static String layout(Image image) {
        StringBuilder result = new StringBuilder();
        for (int y = TILE / 2; y < image.height(); y += TILE) {
            result.append(result.isEmpty() ? "" : "/");
            for (int x = TILE / 2; x < image.width(); x += TILE) {
                int tile = Math.round(((image.pixel(x, y) & 0xFF) - 20) / 40f);
                result.append((char) ('A' + tile));
            }
        }
        return result.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "1, ABC/DEF", "2, CBA/FED", "3, FED/CBA", "4, DEF/ABC", "5, AD/BE/CF", "6, CF/BE/AD", "7, FC/EB/DA",
        "8, DA/EB/FC"
    })
    void everyOrientationComesOutUpright(int orientation, String stored) throws IOException {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
            byte[] exif = Pictures.exif(order, orientation);
            byte[] jpeg = Pictures.withSegment(
                    Pictures.encode(tiles(stored), "jpeg"), Pictures.APP1, Pictures.jpegExif(exif));
            assertEquals(UPRIGHT, layout(ImageDecoder.decode(jpeg, "tiles.jpg")));
            byte[] png = Pictures.withPngChunk(Pictures.encode(tiles(stored), "png"), "eXIf", exif);
            assertEquals(UPRIGHT, layout(ImageDecoder.decode(png, "tiles.png")));
            assertEquals(Orientation.values()[orientation - 1], Chunks.orientation(webp(exif)));
            assertEquals(Orientation.values()[orientation - 1], Chunks.orientation(webp(Pictures.jpegExif(exif))));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 12, 16, 1", "2, 16, 12, 1", "5, 12, 16, 5", "6, 1, 1, 1"
    })
    void sidesThatDiffer(int orientation, int width, int height, long seed) {
        Image stored = Pictures.random(width, height, seed);
        Orientation way = Orientation.values()[orientation - 1];
        Image upright = way.upright(stored);
        boolean turned = orientation > 4;
        assertEquals(turned ? height : width, upright.width());
        assertEquals(turned ? width : height, upright.height());
        int x = orientation == 2 ? width - 1 : 0;
        assertEquals(stored.pixel(x, 0), upright.pixel(0, 0));
    }

    private static byte[] webp(byte[] exif) {
        byte[] odd = riffChunk("VP8 ", new byte[] {1, 2, 3});
        byte[] body = Pictures.concat("WEBP".getBytes(StandardCharsets.US_ASCII), odd, riffChunk("EXIF", exif));
        return riffChunk("RIFF", body);
    }

    private static byte[] riffChunk(String type, byte[] data) {
        return ByteBuffer.allocate(8 + data.length + data.length % 2)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .putInt(data.length)
                .put(data)
                .array();
    }

    @Test
    void aWebpFileThatIsShorterThanItSaysIsCut() throws IOException {
        byte[] file = webp(Pictures.exif(ByteOrder.BIG_ENDIAN, 3));
        assertFalse(Chunks.isCutWebp(file));
        assertFalse(Chunks.isCutWebp(Arrays.copyOf(file, file.length + 5)));
        assertTrue(Chunks.isCutWebp(Arrays.copyOf(file, file.length - 1)));
        assertFalse(Chunks.isCutWebp(Pictures.encode(tiles("A"), "png")));
    }

    @Test
    void theFirstExifSegmentCounts() throws IOException {
        byte[] jpeg = Pictures.encode(tiles(UPRIGHT), "jpeg");
        byte[] second = Pictures.jpegExif(Pictures.exif(ByteOrder.BIG_ENDIAN, 6));
        byte[] first = Pictures.jpegExif(Pictures.exif(ByteOrder.BIG_ENDIAN, 1));
        byte[] both = Pictures.withSegment(Pictures.withSegment(jpeg, Pictures.APP1, second), Pictures.APP1, first);
        assertEquals(UPRIGHT, layout(ImageDecoder.decode(both, "tiles.jpg")));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 9, 256, 65535})
    void anInvalidValueIsIgnored(int value) {
        byte[] exif = Pictures.exif(ByteOrder.LITTLE_ENDIAN, value);
        assertEquals(Orientation.TOP_LEFT, Orientation.ofExif(ByteBuffer.wrap(exif)));
    }

    @Test
    void exifThatIsCutOffOrLiesIsIgnored() {
        byte[] exif = Pictures.exif(ByteOrder.BIG_ENDIAN, 6);
        int orientationEnds = 8 + 2 + 2 * 12;
        for (int length = 0; length < orientationEnds; length++) {
            assertEquals(Orientation.TOP_LEFT, Orientation.ofExif(ByteBuffer.wrap(exif, 0, length)), "length " + length);
        }
        assertEquals(Orientation.RIGHT_TOP, Orientation.ofExif(ByteBuffer.wrap(exif, 0, orientationEnds)));
        for (int offset : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, exif.length - 1, exif.length}) {
            byte[] wild = ByteBuffer.wrap(exif.clone()).putInt(4, offset).array();
            assertEquals(Orientation.TOP_LEFT, Orientation.ofExif(ByteBuffer.wrap(wild)), "directory at " + offset);
        }
        byte[] crowded = ByteBuffer.wrap(exif.clone()).putShort(8, (short) -1).putShort(22, (short) 1).array();
        assertEquals(Orientation.TOP_LEFT, Orientation.ofExif(ByteBuffer.wrap(crowded)));
    }

    @Test
    void chunkLengthsThatLieAreIgnored() throws IOException {
        byte[] exif = Pictures.exif(ByteOrder.BIG_ENDIAN, 6);
        byte[] webp = webp(exif);
        byte[] png = Pictures.withPngChunk(Pictures.encode(tiles("A"), "png"), "eXIf", exif);
        for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 20}) {
            int webpLengthAt = webp.length - exif.length - 4;
            byte[] lying = ByteBuffer.wrap(webp.clone()).putInt(webpLengthAt, Integer.reverseBytes(length)).array();
            assertEquals(Orientation.TOP_LEFT, Chunks.orientation(lying), "WebP chunk of " + length);
            lying = ByteBuffer.wrap(png.clone()).putInt(33, length).array();
            assertEquals(Orientation.TOP_LEFT, Chunks.orientation(lying), "PNG chunk of " + length);
        }
    }
}
