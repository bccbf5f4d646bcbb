package dev.spindle.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.image.JpegHeader.Colours;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JpegHeaderTest {

    private static final int SOF0 = 0xC0;
    private static final int SOF2 = 0xC2;

    private static final byte[] BARE = {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, (byte) 0xDA, 0, 2};

    private static byte[] frame(String identifiers) {
        ByteBuffer content = ByteBuffer.allocate(6 + 3 * identifiers.length());
        content.put((byte) 8).putShort((short) 8).putShort((short) 8).put((byte) identifiers.length());
        for (char identifier : identifiers.toCharArray()) {
            content.put((byte) identifier).put((byte) 0x11).put((byte) 0);
        }
        return content.array();
    }

    /** Transform -1: no Adobe segment. The rules are libjpeg's. */
    @ParameterizedTest
    @CsvSource({
        "1, false, -1, GREY",
        "12, false, -1, UNKNOWN",
        "12345, false, -1, UNKNOWN",
        "123, true, -1, YCC",
        "123, false, -1, YCC",
        "RGB, false, -1, RGB",
        "RGB, true, -1, YCC",
        "xyz, false, -1, YCC",
        "123, false, 0, RGB",
        "123, true, 0, YCC",
        "RGB, false, 1, YCC",
        "123, false, 2, YCC",
        "1234, false, -1, CMYK",
        "1234, false, 0, CMYK",
        "1234, false, 2, YCCK",
        "1234, false, 1, YCCK"
    })
    void coloursFollowTheMarkers(String identifiers, boolean jfif, int transform, Colours expected) {
        for (int start : new int[] {SOF0, SOF2}) {
            byte[] jpeg = Pictures.withSegment(BARE, start, frame(identifiers));
            if (transform >= 0) {
                jpeg = Pictures.withSegment(jpeg, Pictures.APP14, Pictures.adobe(transform));
            }
            if (jfif) {
                jpeg = Pictures.withSegment(jpeg, Pictures.APP0, Pictures.jfif());
            }
            assertEquals(expected, JpegHeader.of(jpeg).colours());
        }
    }

    @Test
    void fillBytesBetweenSegmentsAreSkipped() {
        byte[] filled = Pictures.concat(
                new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, (byte) 0xFF},
                Arrays.copyOfRange(Pictures.withSegment(BARE, SOF0, frame("1")), 2, 24));
        assertEquals(Colours.GREY, JpegHeader.of(filled).colours());
    }

    @Test
    void huffmanTablesAreNoFrames() {
        byte[] jpeg = Pictures.withSegment(BARE, 0xC4, frame("1"));
        assertEquals(Colours.UNKNOWN, JpegHeader.of(jpeg).colours());
    }

    @Test
    void segmentsThatDoNotFitEndTheWalk() {
        byte[] jpeg = Pictures.withSegment(BARE, SOF0, frame("123"));
        for (int length = 0; length < jpeg.length - 4; length++) {
            assertEquals(new JpegHeader(Colours.UNKNOWN, Orientation.TOP_LEFT), JpegHeader.of(Arrays.copyOf(jpeg, length)));
        }
        byte[] empty = jpeg.clone();
        Arrays.fill(empty, 4, 6, (byte) 0);
        assertEquals(Colours.UNKNOWN, JpegHeader.of(empty).colours());
        byte[] lying = jpeg.clone();
        lying[11] = (byte) 255;
        assertEquals(Colours.UNKNOWN, JpegHeader.of(lying).colours());
    }

    @Test
    void knowsJpegByItsStart() {
        assertTrue(JpegHeader.startsAt(BARE));
        assertFalse(JpegHeader.startsAt(new byte[] {(byte) 0xFF, (byte) 0xD8}));
        assertFalse(JpegHeader.startsAt(new byte[] {(byte) 0x89, 'P', 'N', 'G'}));
    }
}
