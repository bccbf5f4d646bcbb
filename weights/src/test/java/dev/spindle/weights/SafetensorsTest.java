package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {

    private static final Path NAME = Path.of("some.safetensors");

    @TempDir
    private Path folder;

    private static ByteBuffer file(long headerLength, String header, int dataBytes) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + json.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(headerLength)
                .put(json)
                .rewind();
    }

    private static String refusal(String header, int dataBytes) {
        ByteBuffer file = file(header.getBytes(StandardCharsets.UTF_8).length, header, dataBytes);
        return refusal(file);
    }

    private static String refusal(ByteBuffer file) {
        String message =
                assertThrows(InvalidInputException.class, () -> Safetensors.read(NAME, file)).getMessage();
        assertTrue(message.startsWith("some.safetensors: "), message);
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    @Test
    void whatIsWrittenIsRead() {
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        tensors.put("bytes", Safetensors.Tensor.of(Safetensors.Type.U8, new byte[] {0, 127, -128}, 3));
        tensors.put("floats \"quoted\" \u00e9", Safetensors.Tensor.of(new float[] {1.5f, -0f, 6e-45f, 7}, 2, 2));
        tensors.put("scalar", Safetensors.Tensor.of(new float[] {-3}));
        tensors.put("nothing", Safetensors.Tensor.of(new float[0], 0, 7));
        Path file = folder.resolve("x.safetensors");
        Safetensors.write(file, tensors, Map.of("labels", "[\"a\"]"));

        Safetensors read = Safetensors.open(file);
        assertEquals(List.copyOf(tensors.keySet()), List.copyOf(read.names()));
        assertEquals(tensors, tensors(read));
        assertEquals(Map.of("labels", "[\"a\"]"), read.metadata());
        assertArrayEquals(new float[] {0, 127, 128}, read.floats("bytes"));
        assertArrayEquals(new float[] {1.5f, -0f, 6e-45f, 7}, read.floats("floats \"quoted\" \u00e9"));
    }

    private static Map<String, Safetensors.Tensor> tensors(Safetensors file) {
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        file.names().forEach(name -> tensors.put(name, file.tensor(name)));
        return tensors;
    }

    @Test
    void dataAreAligned() throws IOException {
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        tensors.put("odd", Safetensors.Tensor.of(Safetensors.Type.I8, new byte[] {1, 2, 3}, 3));
        tensors.put("wide", Safetensors.Tensor.of(new float[] {4}, 1));
        Path file = folder.resolve("x.safetensors");
        Safetensors.write(file, tensors, Map.of());
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int data = Long.BYTES + (int) bytes.getLong(0);
        assertEquals(0, data % Long.BYTES);
        assertEquals(4f, bytes.getFloat(data));
        assertEquals(data + 7, bytes.limit());
    }

    @Test
    void aFileIsReplacedAsAWhole() throws IOException {
        Path file = folder.resolve("x.safetensors");
        Safetensors.write(file, Map.of("a", Safetensors.Tensor.of(new float[] {1}, 1)), Map.of());
        Safetensors before = Safetensors.open(file);
        Safetensors.write(file, Map.of("a", Safetensors.Tensor.of(new float[] {2}, 1)), Map.of());
        assertArrayEquals(new float[] {1}, before.floats("a"));
        assertArrayEquals(new float[] {2}, Safetensors.open(file).floats("a"));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void aFailedWriteLeavesNothing() throws IOException {
        Path file = Files.createDirectories(folder.resolve("x.safetensors/occupied")).getParent();
        Map<String, Safetensors.Tensor> tensors = Map.of("a", Safetensors.Tensor.of(new float[] {1}, 1));
        UncheckedIOException failure =
                assertThrows(UncheckedIOException.class, () -> Safetensors.write(file, tensors, Map.of()));
        assertTrue(failure.getMessage().startsWith(file.toString()), failure.getMessage());
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "F64, 8, 0.1", "F32, 4, 0.1", "F16, 2, 0.0999755859375", "BF16, 2, 0.10009765625", "I64, 8, -3", "I32, 4, -3",
        "I16, 2, -3", "I8, 1, -3", "U8, 1, 253", "BOOL, 1, 1"
    })
    void everyTypeBecomesFloat(Safetensors.Type type, int bytes, float expected) {
        ByteBuffer data = ByteBuffer.allocate(2 * bytes).order(ByteOrder.LITTLE_ENDIAN);
        switch (type) {
            case F64 -> data.putDouble(8, 0.1);
            case F32 -> data.putFloat(4, 0.1f);
            case F16 -> data.putShort(2, (short) 0x2e66);
            case BF16 -> data.putShort(2, (short) 0x3dcd);
            case I64 -> data.putLong(8, -3);
            case I32 -> data.putInt(4, -3);
            case I16 -> data.putShort(2, (short) -3);
            case I8, U8 -> data.put(1, (byte) -3);
            case BOOL -> data.put(1, (byte) 1);
            default -> throw new AssertionError(type);
        }
        String header = "{\"a\":{\"dtype\":\"" + type + "\",\"shape\":[2],\"data_offsets\":[0," + 2 * bytes + "]}}";
        ByteBuffer file = file(header.length(), header, 2 * bytes);
        file.put(Long.BYTES + header.length(), data, 0, 2 * bytes);
        assertArrayEquals(new float[] {0, expected}, Safetensors.read(NAME, file).floats("a"));
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 60, -1, Long.MIN_VALUE, 3, 1, 0, Integer.MAX_VALUE, 1L << 32})
    void headerLengthsOutsideTheFileAreRefused(long length) {
        String message = refusal(file(length, "{}", 0));
        assertTrue(message.contains("offset 0: expected a header length of 2 to 2 bytes"), message);
        assertTrue(message.endsWith(Long.toUnsignedString(length)), message);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7})
    void filesWithoutAHeaderLengthAreRefused(int bytes) {
        assertTrue(refusal(ByteBuffer.allocate(bytes)).contains("expected 8 bytes of header length, found " + bytes));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "nonsense",
                "{\"a\":1}",
                "{\"a\":{}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}",
                "{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[[1]],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2147483648],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999999],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[65536,65536,2147483647],\"data_offsets\":[0,0]}}",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                        + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                        + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"more\":1}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} {}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}",
                "{\"__metadata__\":[],\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                "{\"__metadata__\":{\"k\":1},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                "{\"line\\nbreak\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}"
            })
    void faultyHeadersAreRefused(String header) {
        refusal(header, 4);
    }

    @Test
    void namesThatComeTwiceAreRefused() {
        String entry = "\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
        assertTrue(refusal("{" + entry + "," + entry + "}", 0).contains("tensor a: expected a name only once"));
        assertTrue(refusal("{\"__metadata__\":{},\"__metadata__\":{}}", 0).contains("only once"));
        assertTrue(refusal("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0).contains("__metadata__ k"));
    }

    @Test
    void deepNestingIsRefused() {
        refusal("{\"a\":" + "[".repeat(100_000), 0);
        refusal("{\"a\":{\"dtype\":\"U8\",\"shape\":" + "[".repeat(100_000), 0);
    }

    @Test
    void otherTextThanUtf8IsRefused() {
        ByteBuffer file = file(2, "{}", 0);
        file.put(Long.BYTES + 1, (byte) 0xff);
        assertTrue(refusal(file).contains("expected UTF-8"));
    }

    @Test
    void missingTensorsAndFilesAreNamed() {
        Safetensors empty = Safetensors.read(NAME, file(2, "{}", 0));
        assertTrue(empty.names().isEmpty());
        InvalidInputException missing = assertThrows(InvalidInputException.class, () -> empty.floats("a"));
        assertTrue(missing.getMessage().contains("tensor a"), missing.getMessage());
        Path absent = folder.resolve("absent.safetensors");
        InvalidInputException unread = assertThrows(InvalidInputException.class, () -> Safetensors.open(absent));
        assertTrue(unread.getMessage().contains("absent.safetensors"), unread.getMessage());
        assertThrows(InvalidInputException.class, () -> Safetensors.open(folder));
    }

    @Test
    void tensorsCheckTheirData() {
        assertThrows(IllegalArgumentException.class, () -> Safetensors.Tensor.of(new float[3], 2));
        assertThrows(IllegalArgumentException.class, () -> Safetensors.Tensor.of(new float[0], -1, 0));
        assertThrows(
                IllegalArgumentException.class, () -> Safetensors.Tensor.of(Safetensors.Type.F32, new byte[4], 1));
        Safetensors.Tensor tensor = Safetensors.Tensor.of(new float[] {1, 2}, 2);
        assertTrue(tensor.data().isReadOnly());
        tensor.data().getInt();
        assertEquals(8, tensor.data().remaining());
        assertFalse(tensor.shape().isEmpty());
    }
}
