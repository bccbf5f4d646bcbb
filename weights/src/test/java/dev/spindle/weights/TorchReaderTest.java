package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.network.Conv;
import dev.spindle.network.MobileNetV2;
import dev.spindle.plan.LayerWeights;
import dev.spindle.weights.TorchTensors.Naming;
import dev.spindle.weights.TorchTensors.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchReaderTest {

    private static final Path NAME = Path.of("some.pth");
    private static final Map<String, Safetensors.Tensor> SMALL =
            TorchTensors.of(Naming.D_LI14, Shape.small(TorchTensors.PAPER));
    private static final String KERNEL = "features.3.conv.6.weight";

    private static Checkpoint read(byte[] file) {
        return PublishedFormats.read(NAME, ByteBuffer.wrap(file));
    }

    private static Checkpoint read(Consumer<Pickle> state, TorchFile file) {
        Pickle pickle = Pickle.protocol2();
        state.accept(pickle);
        return read(file.zip(pickle.stop()));
    }

    private static String refusal(byte[] file) {
        String message = assertThrows(InvalidInputException.class, () -> read(file)).getMessage();
        assertTrue(message.startsWith("some.pth: "), message);
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    private static void assertRefused(byte[] file, String... parts) {
        String message = refusal(file);
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    /** Checks that a checkpoint has what the tensors have, bit by bit. */
    private static void assertHolds(Map<String, Safetensors.Tensor> tensors, Checkpoint found) {
        Checkpoint expected = TorchTensors.read(NAME, tensors);
        assertEquals(expected.network(), found.network());
        for (Conv conv : expected.network().convolutions()) {
            LayerWeights layer = expected.weights().layer(conv.name());
            assertArrayEquals(layer.kernel(), found.weights().layer(conv.name()).kernel(), conv.name());
            assertArrayEquals(
                    layer.batchNorm().orElseThrow().variance(),
                    found.weights().layer(conv.name()).batchNorm().orElseThrow().variance(),
                    conv.name());
        }
        assertArrayEquals(
                expected.weights().layer("classifier").kernel(), found.weights().layer("classifier").kernel());
    }

    @ParameterizedTest
    @CsvSource({
        "torchvision-pth/weights.pth, torchvision",
        "torchvision-pth/weights-legacy.pth, torchvision",
        "dli14-pth/weights.pth, d-li14"
    })
    void logitsAreThoseOfTheSource(String fixture, String profile) {
        Checkpoint checkpoint = read(Fixtures.bytes(fixture));
        Checkpoint at64 = new Checkpoint(
                checkpoint.network().withResolution(64, 64),
                checkpoint.weights(),
                checkpoint.preprocessing(),
                checkpoint.labels(),
                checkpoint.source());
        assertEquals(MobileNetV2.builder().widthMultiplier(0.35).resolution(64).classes(10).build(), at64.network());
        assertEquals("PyTorch", checkpoint.source().format());
        assertEquals(profile, checkpoint.source().profile());
        assertEquals(1e-5, checkpoint.source().epsilon());
        assertEquals(314, checkpoint.source().tensors().size());
        assertEquals("torch", checkpoint.preprocessing().name());
        assertEquals(
                new Checkpoint.Tensor("features.0.0.weight", "float32", List.of(16, 3, 3, 3)),
                checkpoint.source().tensors().getFirst());
        assertEquals("int64", checkpoint.source().tensors().get(5).type());
        Fixtures.assertLogits(Path.of(fixture).getParent().toString(), at64, 1e-4);
    }

    @ParameterizedTest
    @EnumSource
    void allNamingsAreReadInBothContainers(Naming naming) {
        Map<String, Safetensors.Tensor> tensors = TorchTensors.of(naming, Shape.small(TorchTensors.PAPER));
        assertHolds(tensors, read(TorchFile.of(tensors)));
        TorchFile legacy = new TorchFile();
        assertHolds(tensors, read(legacy.legacy(legacy.state(Pickle.protocol2(), tensors).stop())));
        TorchFile deflated = new TorchFile();
        Map<String, byte[]> entries = deflated.entries(deflated.state(Pickle.protocol2(), tensors).stop());
        assertHolds(tensors, read(ZipFiles.deflated(entries)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"state_dict", "model_state_dict", "model", "net"})
    void checkpointsOfTrainingScriptsAreUnwrapped(String key) {
        TorchFile file = new TorchFile();
        Pickle pickle = Pickle.protocol2().op('}').op('(');
        pickle.text("epoch").integer(150).text("best_acc1").tensor("FloatStorage", "best", 1, 0, List.of(), List.of());
        Map<String, Safetensors.Tensor> parallel = new LinkedHashMap<>();
        SMALL.forEach((name, tensor) -> parallel.put("module." + name, tensor));
        pickle.text(key);
        file.state(pickle, parallel);
        pickle.text("optimizer").op('}').op('(').integer(0).number(0.1).text("betas").tuple(List.of(1, 2)).text("nesterov")
                .op('N').op('u').op('u');
        Map<String, byte[]> entries = file.entries(pickle.stop());
        entries.put("archive/data/best", new byte[4]);
        Checkpoint checkpoint = read(ZipFiles.stored(entries));
        assertHolds(SMALL, checkpoint);
        assertEquals(
                List.of("state dict: " + key, "prefix of all names: module."), checkpoint.source().notes());
    }

    @Test
    void dictionariesOfPythonTwoAreRead() {
        TorchFile file = new TorchFile();
        assertHolds(SMALL, read(pickle -> {
            pickle.global("collections", "OrderedDict").op(']').op('(');
            SMALL.forEach((name, tensor) -> pickle.op(']').op('(').op('U').op(name.length())
                    .ascii(name)
                    .tensor("FloatStorage", file.store(tensor), tensor.size(), 0, tensor.shape(),
                            TorchFile.strides(tensor.shape()))
                    .op('e'));
            pickle.op('e').op(0x85).op('R');
        }, file));
    }

    static Stream<Safetensors.Type> types() {
        return Stream.of(Safetensors.Type.F64, Safetensors.Type.F16, Safetensors.Type.BF16);
    }

    @ParameterizedTest
    @MethodSource("types")
    void allFloatingPointTypesAreReadInBothByteOrders(Safetensors.Type type) {
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        SMALL.forEach((name, tensor) -> tensors.put(name, converted(tensor, type)));
        for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            TorchFile file = new TorchFile(order);
            assertHolds(tensors, read(pickle -> file.state(pickle, tensors), file));
        }
    }

    private static Safetensors.Tensor converted(Safetensors.Tensor tensor, Safetensors.Type type) {
        ByteBuffer data = ByteBuffer.allocate(tensor.size() * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : tensor.floats()) {
            switch (type) {
                case F64 -> data.putDouble(value);
                case F16 -> data.putShort(Float.floatToFloat16(value));
                default -> data.putShort((short) (Float.floatToRawIntBits(value) >> 16));
            }
        }
        return new Safetensors.Tensor(type, tensor.shape(), data.flip());
    }

    @Test
    void stridesOffsetsAndSharedStoragesAreFollowed() {
        Safetensors.Tensor kernel = SMALL.get(KERNEL);
        int outputs = kernel.shape().get(0);
        int inputs = kernel.shape().get(1);
        // Two values before it, then the kernel with inputs and outputs swapped, then the classifier's bias.
        float[] values = kernel.floats();
        float[] bias = SMALL.get("classifier.bias").floats();
        float[] shared = new float[2 + values.length + bias.length];
        for (int o = 0; o < outputs; o++) {
            for (int i = 0; i < inputs; i++) {
                shared[2 + i * outputs + o] = values[o * inputs + i];
            }
        }
        System.arraycopy(bias, 0, shared, 2 + values.length, bias.length);
        TorchFile file = new TorchFile();
        Map<String, Safetensors.Tensor> others = new LinkedHashMap<>(SMALL);
        others.remove(KERNEL);
        others.remove("classifier.bias");
        assertHolds(SMALL, read(pickle -> {
            file.state(pickle, others);
            String key = file.store(Safetensors.Tensor.of(shared, shared.length));
            pickle.text(KERNEL)
                    .tensor("FloatStorage", key, shared.length, 2, kernel.shape(), List.of(1, outputs, 7, 0))
                    .op('s');
            pickle.text("classifier.bias")
                    .tensor("FloatStorage", key, shared.length, 2 + values.length, List.of(bias.length), List.of(1))
                    .op('s');
        }, file));
    }

    @Test
    void parametersAndViewsOfOldFilesAreRead() {
        Map<String, Safetensors.Tensor> others = new LinkedHashMap<>(SMALL);
        Safetensors.Tensor bias = others.remove("classifier.bias");
        TorchFile file = new TorchFile();
        assertHolds(SMALL, read(pickle -> {
            file.state(pickle, others);
            float[] padded = new float[5 + bias.size()];
            System.arraycopy(bias.floats(), 0, padded, 5, bias.size());
            String key = file.store(Safetensors.Tensor.of(padded, padded.length));
            pickle.text("classifier.bias").global("torch._utils", "_rebuild_parameter").op('(');
            pickle.global("torch._utils", "_rebuild_tensor").op('(');
            pickle.op('(').text("storage").global("torch.cuda", "FloatStorage").text(key).text("cuda:0");
            pickle.integer(padded.length).op('(').text("view").integer(5).integer(bias.size()).op('t').op('t').op('Q');
            pickle.integer(0).global("torch", "Size").op('(').tuple(List.of(bias.size())).op('t').op('R')
                    .tuple(List.of(1)).op('t').op('R');
            pickle.op(0x88).orderedDict().op('t').op('R').op('s');
        }, file));
    }

    @Test
    void classesThatStateDictsDoNotNeedAreNamed() {
        byte[] system = Pickle.protocol2().global("os", "system").text("touch pwned").op(0x85).op('R').stop();
        assertRefused(new TorchFile().zip(system), "archive/data.pkl offset 2: ", "found os.system");
        assertRefused(new TorchFile().legacy(system), "offset 49: ", "found os.system");
        byte[] whole = Pickle.protocol2().global("torchvision.models.mobilenetv2", "MobileNetV2").stop();
        assertRefused(new TorchFile().zip(whole), "found torchvision.models.mobilenetv2.MobileNetV2");
        byte[] newer = new Pickle().op(0x80).op(4).text("builtins").text("eval").op(0x93).stop();
        assertRefused(new TorchFile().zip(newer), "found builtins.eval");
    }

    @Test
    void streamsThatAreNoStateDictsAreRefused() {
        TorchFile file = new TorchFile();
        assertRefused(file.zip(Pickle.protocol2().integer(1).stop()), "pickle: expected a dictionary of tensors");
        assertRefused(file.zip(Pickle.protocol2().orderedDict().stop()), "found no tensors");
        Pickle called = Pickle.protocol2().text("f").op(')').op('R');
        assertRefused(file.zip(called.stop()), "expected a function that state dicts call");
        assertRefused(file.zip(Pickle.protocol2().text("storage").op('Q').stop()), "expected a reference to a storage");
        Pickle module = Pickle.protocol2().op('(').text("module").text("x").op('t').op('Q');
        assertRefused(file.zip(module.stop()), "expected a reference to a storage");
        Pickle twice = Pickle.protocol2().storage("FloatStorage", "0", 1).storage("FloatStorage", "0", 2);
        assertRefused(file.zip(twice.stop()), "storage 0 as before, of 1 float32", "found 2 float32");
        Pickle huge = Pickle.protocol2().storage("DoubleStorage", "0", 1 << 30);
        assertRefused(file.zip(huge.stop()), "a storage below 2 GiB");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"0 | 8 | 1", "1 | 7 | 1", "0 | 4 | 3", "0 | 4 | 2147483647", "2147483647 | 1 | 1", "0 | 2147483647 | 0"})
    void tensorsOutsideTheirStorageAreNamed(int offset, int size, int stride) {
        TorchFile file = new TorchFile();
        String key = file.store(Safetensors.Tensor.of(new float[7], 7));
        Pickle pickle = Pickle.protocol2().orderedDict().text("features.a");
        pickle.tensor("FloatStorage", key, 7, offset, List.of(size), List.of(stride)).op('s');
        assertRefused(file.zip(pickle.stop()), "tensor features.a: expected elements inside a storage of 7");
    }

    @Test
    void valuesThatTensorsShareCountEachTime() {
        // Millions of values, all of them the same.
        Map<String, Safetensors.Tensor> tensors = TorchTensors.of(
                Naming.TIMM, new Shape(32, List.of(300, 300, 300, 300, 300, 300, 300), TorchTensors.PAPER, 3, 300, 3));
        TorchFile file = new TorchFile();
        String key = file.store(Safetensors.Tensor.of(new float[] {1}, 1));
        Pickle pickle = Pickle.protocol2().orderedDict().op('(');
        tensors.forEach((name, tensor) -> pickle.text(name)
                .tensor("FloatStorage", key, 1, 0, tensor.shape(), Collections.nCopies(tensor.shape().size(), 0)));
        assertRefused(file.zip(pickle.op('u').stop()), "tensor blocks.", "values in shared storages, found more");
    }

    @Test
    void missingAndShortStoragesAreNamed() {
        Map<String, byte[]> entries = new TorchFile().entries(Pickle.protocol2().storage("FloatStorage", "7", 4).stop());
        assertRefused(ZipFiles.stored(entries), "storage 7: expected an entry archive/data/7");
        entries.put("archive/data/7", new byte[15]);
        assertRefused(ZipFiles.stored(entries), "entry archive/data/7: expected 16 bytes, found 15 bytes");
        entries.put("archive/byteorder", "middle".getBytes(StandardCharsets.US_ASCII));
        assertRefused(ZipFiles.stored(entries), "entry archive/byteorder: expected little or big, found middle");
    }

    @Test
    void legacyStreamsAreChecked() {
        TorchFile big = new TorchFile(ByteOrder.BIG_ENDIAN);
        assertRefused(big.legacy(big.state(Pickle.protocol2(), SMALL).stop()), "little_endian: expected true, found false");
        TorchFile unused = new TorchFile();
        unused.store(SMALL.get("classifier.bias"));
        assertRefused(unused.legacy(Pickle.protocol2().op('}').stop()), "list of storages: expected storages of tensors");
        // A list that contains itself where the storages' keys should be.
        byte[] endless = Pickle.protocol2().op(']').op('q').op(0).op('h').op(0).op('a').stop();
        byte[] stream = new TorchFile().legacy(Pickle.protocol2().op('}').stop());
        ByteBuffer twisted = ByteBuffer.allocate(stream.length + endless.length);
        int keys = Pickle.protocol2().op(']').op('(').op('e').stop().length;
        twisted.put(stream, 0, stream.length - keys).put(endless).flip();
        byte[] file = new byte[twisted.remaining()];
        twisted.get(file);
        assertRefused(file, "list of storages: expected storages of tensors, found another value");
        TorchFile shorter = new TorchFile();
        shorter.store(SMALL.get("classifier.bias"));
        byte[] pickle = Pickle.protocol2().tensor("FloatStorage", "0", 4, 0, List.of(3), List.of(1)).stop();
        assertRefused(shorter.legacy(pickle), "expected 4 elements of storage 0, found 3");
    }

    @Test
    void zipFilesOfOtherThingsAreLeftToOthers() {
        byte[] other = ZipFiles.stored(Map.of("readme.txt", new byte[3]));
        assertRefused(other, "expected a model file", "found readme.txt");
        assertRefused(ZipFiles.stored(Map.of("a/b/data.pkl", new byte[3])), "expected a model file", "found a/b/data.pkl");
    }

    @ParameterizedTest
    @ValueSource(strings = {"torchvision-pth/weights.pth", "dli14-pth/weights.pth"})
    void truncatedFilesAreRefused(String fixture) {
        Mutations.truncate(Fixtures.bytes(fixture), part -> PublishedFormats.read(NAME, part));
    }

    @Tag("fuzz")
    @Test
    void whateverTheDamageToAPickleOnlyTheDocumentedExceptionIsThrown() {
        TorchFile file = new TorchFile();
        byte[] pickle = file.state(Pickle.protocol2(), SMALL).stop();
        MutationFuzz.run(pickle, 1, damaged -> {
            byte[] bytes = new byte[damaged.remaining()];
            damaged.get(bytes);
            read(file.zip(bytes));
        });
    }

    @Tag("fuzz")
    @Test
    void whateverTheDamageToAFileOnlyTheDocumentedExceptionIsThrown() {
        Map<String, Safetensors.Tensor> few = new LinkedHashMap<>();
        SMALL.entrySet().stream().limit(4).forEach(entry -> few.put(entry.getKey(), entry.getValue()));
        MutationFuzz.run(TorchFile.of(few), 2, damaged -> PublishedFormats.read(NAME, damaged));
        TorchFile legacy = new TorchFile();
        byte[] stream = legacy.legacy(legacy.state(Pickle.protocol2(), few).stop());
        MutationFuzz.run(stream, 3, damaged -> TorchReader.read(NAME, damaged));
    }
}
