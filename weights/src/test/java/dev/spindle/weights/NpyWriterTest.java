package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyWriterTest {

    @TempDir
    private Path folder;

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void writesWhatItsReaderReads() throws IOException {
        Path file = folder.resolve("a.npy");
        float[][] rows = {{1, -2.5f, Float.MIN_VALUE}, {0, -0f, Float.MAX_VALUE}};
        try (NpyWriter writer = NpyWriter.begin(file, 3)) {
            writer.add(rows[0]);
            writer.add(rows[1]);
            writer.complete();
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        NpyHeader header = NpyHeader.parse(file, "a", bytes);
        assertEquals(List.of(2, 3), header.shape());
        assertEquals("<f4", header.descr());
        assertEquals(false, header.fortranOrder());
        assertEquals(0, header.dataStart() % 64);
        assertEquals(header.dataStart() + 2 * 3 * Float.BYTES, bytes.limit());
        for (int row = 0; row < 2; row++) {
            float[] found = new float[3];
            bytes.position(header.dataStart() + row * 3 * Float.BYTES).slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer()
                    .get(found);
            assertArrayEquals(rows[row], found);
        }
    }

    /** Byte by byte what the format's specification says. */
    @Test
    void hasTheHeaderOfVersionOne() throws IOException {
        Path file = folder.resolve("a.npy");
        try (NpyWriter writer = NpyWriter.begin(file, 1280)) {
            writer.complete();
        }
        byte[] bytes = Files.readAllBytes(file);
        assertArrayEquals(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0}, Arrays.copyOf(bytes, 10));
        String text = new String(bytes, 10, 118, StandardCharsets.US_ASCII);
        assertTrue(
                text.matches("\\{'descr': '<f4', 'fortran_order': False, 'shape': \\(0, 1280\\), } *\n"), text);
        assertEquals(128, bytes.length);
    }

    @Test
    void isThereWhenItIsWholeAndNotBefore() throws IOException {
        Path file = Files.writeString(folder.resolve("a.npy"), "mine");
        try (NpyWriter writer = NpyWriter.begin(file, 2)) {
            writer.add(new float[2]);
            assertEquals("mine", Files.readString(file));
        }
        assertEquals("mine", Files.readString(file));
        assertEquals(List.of(file), files());
        try (NpyWriter writer = NpyWriter.begin(file, 2)) {
            writer.add(new float[2]);
            writer.complete();
        }
        assertEquals(128 + 2 * Float.BYTES, Files.size(file));
        assertEquals(List.of(file), files());
    }

    @Test
    void refusesWhatDoesNotFit() {
        Path file = folder.resolve("a.npy");
        assertThrows(IllegalArgumentException.class, () -> NpyWriter.begin(file, 0));
        try (NpyWriter writer = NpyWriter.begin(file, 2)) {
            String message = assertThrows(IllegalArgumentException.class, () -> writer.add(new float[3])).getMessage();
            assertTrue(message.contains("3") && message.contains("2"), message);
        }
        Path nowhere = folder.resolve("none/a.npy");
        String message = assertThrows(UncheckedIOException.class, () -> NpyWriter.begin(nowhere, 2)).getMessage();
        assertTrue(message.startsWith(nowhere + ": cannot be written"), message);
    }
}
