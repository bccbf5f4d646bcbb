package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ZipContentTest {

    private static final Path NAME = Path.of("some.zip");
    private static final byte[] TEXT = "to be stored, or not to be stored".getBytes(StandardCharsets.US_ASCII);
    private static final int DIRECTORY_FLAGS = 8;
    private static final int DIRECTORY_METHOD = 10;
    private static final int DIRECTORY_CRC = 16;
    private static final int DIRECTORY_COMPRESSED = 20;
    private static final int DIRECTORY_SIZE = 24;

    private static Map<String, byte[]> entries() {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("a/text", TEXT);
        entries.put("empty", new byte[0]);
        return entries;
    }

    private static ByteBuffer read(byte[] zip) {
        return ZipContent.open(NAME, ByteBuffer.wrap(zip)).read("a/text");
    }

    private static String refusal(byte[] zip) {
        return assertThrows(InvalidInputException.class, () -> read(zip)).getMessage();
    }

    /** A zip file of which an integer is changed in the directory's first entry. */
    private static byte[] changed(byte[] zip, int field, int value) {
        ByteBuffer bytes = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN);
        int at = 0;
        while (bytes.getInt(at) != 0x02014b50) {
            at++;
        }
        if (field < DIRECTORY_CRC) {
            bytes.putShort(at + field, (short) value);
        } else {
            bytes.putInt(at + field, value);
        }
        return zip;
    }

    @Test
    void storedAndDeflatedEntriesAreRead() {
        for (byte[] zip : List.of(ZipFiles.stored(entries()), ZipFiles.deflated(entries()))) {
            assertTrue(ZipContent.isZip(ByteBuffer.wrap(zip)));
            ByteBuffer shifted = ByteBuffer.allocate(zip.length + 9).put(5, zip).position(5).limit(5 + zip.length);
            ZipContent content = ZipContent.open(NAME, shifted);
            assertEquals(List.of("a/text", "empty"), List.copyOf(content.names()));
            assertEquals(ByteBuffer.wrap(TEXT), content.read("a/text"));
            assertEquals(0, content.read("empty").remaining());
        }
        assertFalse(ZipContent.isZip(ByteBuffer.wrap(TEXT)));
        assertFalse(ZipContent.isZip(ByteBuffer.allocate(3)));
    }

    @Test
    void damagedEntriesAreNamed() {
        byte[] rotten = ZipFiles.stored(entries());
        rotten[40] ^= 1;
        assertTrue(refusal(rotten).contains("entry a/text: expected the CRC-32 "));
        assertTrue(refusal(changed(ZipFiles.deflated(entries()), DIRECTORY_CRC, 7)).contains("expected the CRC-32 7"));
        assertTrue(refusal(changed(ZipFiles.stored(entries()), DIRECTORY_SIZE, 7)).contains("expected 7 bytes, found 33"));
        assertTrue(refusal(changed(ZipFiles.deflated(entries()), DIRECTORY_SIZE, 7)).contains("of 7 bytes, found more"));
        assertTrue(refusal(changed(ZipFiles.deflated(entries()), DIRECTORY_SIZE, 99)).contains("of 99 bytes, found fewer"));
        assertTrue(refusal(changed(ZipFiles.deflated(entries()), DIRECTORY_SIZE, 1 << 30)).contains("inflates to at most"));
        assertTrue(refusal(changed(ZipFiles.stored(entries()), DIRECTORY_COMPRESSED, 1 << 30)).contains("overlaps"));
        assertTrue(refusal(changed(ZipFiles.stored(entries()), DIRECTORY_FLAGS, 1)).contains("an encrypted one"));
        assertTrue(refusal(changed(ZipFiles.stored(entries()), DIRECTORY_METHOD, 12)).contains("found method 12"));
    }

    @Test
    void directoriesThatAreNoneAreRefused() {
        byte[] zip = ZipFiles.stored(entries());
        byte[] headless = Arrays.copyOf(zip, zip.length - 30);
        assertTrue(refusal(headless).startsWith("some.zip: zip directory: expected a whole zip file, found "));
        byte[] twice = ZipFiles.stored(Map.of("a/text", TEXT, "b/text", TEXT));
        for (int i = 0; i < twice.length - 2; i++) {
            if (twice[i] == 'b' && twice[i + 1] == '/') {
                twice[i] = 'a';
            }
        }
        assertTrue(refusal(twice).contains("one more: a/text"));
    }

    @Test
    void bombsAreBounded() {
        byte[] zeros = new byte[130 << 20];
        Map<String, byte[]> bombs = new LinkedHashMap<>();
        bombs.put("first", zeros);
        bombs.put("second", zeros);
        ZipContent zip = ZipContent.open(NAME, ByteBuffer.wrap(ZipFiles.deflated(bombs)));
        assertEquals(zeros.length, zip.read("first").remaining());
        String message = assertThrows(InvalidInputException.class, () -> zip.read("second")).getMessage();
        assertTrue(message.contains("entry second: expected an entry that inflates to at most 132120576 bytes"), message);
    }
}
