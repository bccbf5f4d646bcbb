package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.network.Network;
import dev.spindle.weights.TorchTensors.Naming;
import dev.spindle.weights.TorchTensors.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpzReaderTest {

    private static final Path NAME = Path.of("some.npz");
    private static final String KERNEL = "features.3.conv.2.weight";
    private static final Map<String, Safetensors.Tensor> SMALL =
            TorchTensors.of(Naming.TORCHVISION, Shape.small(TorchTensors.PAPER));

    private static Checkpoint read(byte[] file) {
        return PublishedFormats.read(NAME, ByteBuffer.wrap(file));
    }

    private static Checkpoint read(byte[] kernel, Map<String, byte[]> others) {
        Map<String, byte[]> entries = new LinkedHashMap<>(others);
        entries.put(KERNEL + ".npy", kernel);
        return read(ZipFiles.stored(entries));
    }

    private static void assertRefused(byte[] kernel, String part) {
        String message = assertThrows(InvalidInputException.class, () -> read(kernel, NpzFile.entries(SMALL)))
                .getMessage();
        assertTrue(message.startsWith("some.npz: array " + KERNEL + ": expected "), message);
        assertTrue(message.contains(part), message);
        assertEquals(1, message.lines().count(), message);
    }

    private static byte[] array(String header) {
        return NpzFile.array(1, header, new byte[4]);
    }

    /** The fixture's weights, as NumPy would hold them. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void logitsAreThoseOfTheSource(boolean compressed) {
        Safetensors fixture = Safetensors.open(Fixtures.path("torchvision-safetensors/weights.safetensors"));
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        fixture.names().forEach(name -> tensors.put(name, fixture.tensor(name)));
        Map<String, byte[]> entries = NpzFile.entries(tensors);
        Checkpoint found = read(compressed ? ZipFiles.deflated(entries) : ZipFiles.stored(entries));
        assertEquals("NumPy", found.source().format());
        assertEquals("torchvision", found.source().profile());
        assertEquals(tensors.size(), found.source().tensors().size());
        assertTrue(found.source().tensors().contains(
                new Checkpoint.Tensor("features.0.0.weight", "<f4", List.of(16, 3, 3, 3))));
        Network network = found.network().withResolution(64, 64);
        Fixtures.assertLogits(
                "torchvision-safetensors",
                new Checkpoint(network, found.weights(), found.preprocessing(), found.labels(), found.source()),
                1e-4);
    }

    @ParameterizedTest
    @CsvSource({
        "1, <f4, false", "2, >f4, false", "3, <f4, true", "1, >f8, true", "1, <f8, false", "1, >f2, false", "2, <f2, true"
    })
    void typesByteOrdersAndIndexOrdersAreRead(int version, String descr, boolean fortranOrder) {
        Safetensors.Tensor kernel = SMALL.get(KERNEL);
        int outputs = kernel.shape().get(0);
        int inputs = kernel.shape().get(1);
        int bytes = descr.charAt(2) - '0';
        ByteBuffer data = ByteBuffer.allocate(bytes * kernel.size())
                .order(descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        float[] expected = kernel.floats();
        for (int i = 0; i < expected.length; i++) {
            expected[i] = bytes == 2 ? Float.float16ToFloat(Float.floatToFloat16(expected[i])) : expected[i];
        }
        for (int i = 0; i < expected.length; i++) {
            float value = expected[fortranOrder ? i % outputs * inputs + i / outputs : i];
            switch (bytes) {
                case 2 -> data.putShort(Float.floatToFloat16(value));
                case 4 -> data.putFloat(value);
                default -> data.putDouble(value);
            }
        }
        byte[] array = NpzFile.array(version, NpzFile.header(descr, fortranOrder, kernel.shape()), data.array());
        Checkpoint checkpoint = read(array, NpzFile.entries(SMALL));
        assertArrayEquals(expected, checkpoint.weights().layer("block3.project").kernel());
    }

    @Test
    void headersMayOrderTheirItemsAsTheyLike() {
        Safetensors.Tensor kernel = SMALL.get(KERNEL);
        String sizes = kernel.shape().toString().replace('[', '(').replace(']', ')');
        byte[] data = new byte[kernel.data().remaining()];
        kernel.data().get(data);
        byte[] array = NpzFile.array(1, "{ 'shape':" + sizes + ",'descr' : '<f4', 'fortran_order':False}", data);
        assertArrayEquals(
                kernel.floats(), read(array, NpzFile.entries(SMALL)).weights().layer("block3.project").kernel());
    }

    @Test
    void countersAreNoObstacle() {
        Map<String, byte[]> entries = NpzFile.entries(SMALL);
        entries.put(
                "features.0.1.num_batches_tracked.npy", NpzFile.array(1, NpzFile.header("<i8", false, List.of()), new byte[8]));
        assertEquals("MobileNetV2, stem 4, 17 blocks", read(ZipFiles.stored(entries)).network().architecture());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "{}", "{'descr': '<f4', 'fortran_order': False}", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }", "{'descr': True, 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': (), 'shape': True, }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } + __import__('os')"
    })
    void faultyHeadersAreShown(String header) {
        assertRefused(array(header), "expected {'descr': '<f4', 'fortran_order': False, 'shape': (...), }, found ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"|O", "<U5", "|V2", "=f4", "|f4", "<c8", "<f16", "f"})
    void unknownTypesAreNamed(String descr) {
        assertRefused(array(NpzFile.header(descr, false, List.of(1))), "a known type, such as <f4, found " + descr);
    }

    @Test
    void arraysOfOtherLengthsAreRefused() {
        assertRefused(array(NpzFile.header("<f4", false, List.of(2))), "expected 8 bytes for <f4 of shape [2], found 4 bytes");
        List<Integer> huge = List.of(999_999_999, 999_999_999, 999_999_999);
        assertRefused(array(NpzFile.header("<f8", true, huge)), "less than 2 GiB");
        assertRefused(new byte[5], "a NumPy array of version 1 to 3");
        assertRefused(NpzFile.array(4, "{}", new byte[4]), "a NumPy array of version 1 to 3");
        byte[] longHeader = NpzFile.array(2, "{}", new byte[4]);
        longHeader[11] = 0x7f;
        assertRefused(longHeader, "a header inside the array");
    }

    @Test
    void otherEntriesAreRefused() {
        ByteBuffer file = ByteBuffer.wrap(ZipFiles.stored(Map.of("npy", new byte[0])));
        String message =
                assertThrows(InvalidInputException.class, () -> NpzReader.read(NAME, file)).getMessage();
        assertEquals("some.npz: entry npy: expected an array, named *.npy, found another name", message);
    }

    @Test
    void truncatedFilesAreRefused() {
        Mutations.truncate(ZipFiles.deflated(NpzFile.entries(SMALL)), part -> PublishedFormats.read(NAME, part));
    }

    @Tag("fuzz")
    @Test
    void whateverTheDamageOnlyTheDocumentedExceptionIsThrown() {
        byte[] array = NpzFile.entries(SMALL).get(KERNEL + ".npy");
        Map<String, byte[]> others = NpzFile.entries(SMALL);
        MutationFuzz.run(array, 1, damaged -> {
            byte[] bytes = new byte[damaged.remaining()];
            damaged.get(bytes);
            read(bytes, others);
        });
        Map<String, byte[]> few = new LinkedHashMap<>();
        others.entrySet().stream().limit(4).forEach(entry -> few.put(entry.getKey(), entry.getValue()));
        MutationFuzz.run(ZipFiles.deflated(few), 2, damaged -> NpzReader.read(NAME, damaged));
    }
}
