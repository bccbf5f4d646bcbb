package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Activation;
import dev.spindle.network.Classifier;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.QuantisedLayer;
import dev.spindle.plan.QuantisedWeights;
import dev.spindle.plan.Weights;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsWriterTest {

    private static final Checkpoint.Provenance PROVENANCE =
            new Checkpoint.Provenance("test", "some \"file\".bin", "ab".repeat(32), "this test");

    @TempDir
    private Path folder;

    static Stream<Network> networks() {
        return Stream.of(
                MobileNetV2.builder().widthMultiplier(0.35).resolution(96).classes(1001).build(),
                MobileNetV2.builder().widthMultiplier(0.1).divisor(4).resolution(33, 40).classes(3).build(),
                MobileNetV2.builder().widthMultiplier(0.25).outputStride(8).padding(Padding.SAME).classes(2).build(),
                separable(),
                expandedEverywhere());
    }

    /** Two layers of MobileNet V1, which has activated projections and no head. */
    private static Network separable() {
        List<InvertedResidual> blocks = new ArrayList<>();
        for (int i = 1; i <= 2; i++) {
            Conv depthwise = Conv.depthwise("block" + i + ".depthwise", 8 * i, i, 1, Activation.RELU6);
            Conv project = Conv.pointwise("block" + i + ".project", 8 * i, 8 * i + 8, Activation.RELU6);
            blocks.add(new InvertedResidual("block" + i, Optional.empty(), depthwise, project, false));
        }
        Conv stem = Conv.full("stem", 3, 8, 3, 2, Activation.RELU6);
        return new Network("MobileNetV1, stem 8", 64, 64, Padding.SAME, stem, blocks, Optional.empty(), 5);
    }

    /** A block of MobileNet-Caffe: expanded by 1, with ReLU. */
    private static Network expandedEverywhere() {
        InvertedResidual block = new InvertedResidual(
                "block1",
                Optional.of(Conv.pointwise("block1.expand", 8, 8, Activation.RELU)),
                Conv.depthwise("block1.depthwise", 8, 1, 1, Activation.RELU),
                Conv.pointwise("block1.project", 8, 8, Activation.LINEAR),
                true);
        Conv stem = Conv.full("stem", 3, 8, 3, 2, Activation.RELU);
        Conv head = Conv.pointwise("head", 8, 16, Activation.RELU);
        return new Network("caf\u00e9", 30, 50, Padding.SYMMETRIC, stem, List.of(block), Optional.of(head), 5);
    }

    /** Seeded weights with batch normalisation everywhere, and a bias in front of it in the stem. */
    private static Checkpoint checkpoint(Network network, double... epsilons) {
        Random random = new Random(3);
        Map<String, LayerWeights> layers = new HashMap<>();
        int next = 0;
        for (Conv conv : network.convolutions()) {
            BatchNorm norm = new BatchNorm(
                    values(random, conv.outputs()), values(random, conv.outputs()), values(random, conv.outputs()),
                    values(random, conv.outputs()), epsilons[next++ % epsilons.length]);
            Optional<float[]> bias = conv == network.stem() ? Optional.of(values(random, conv.outputs())) : Optional.empty();
            layers.put(conv.name(), new LayerWeights(values(random, (int) conv.weights()), bias, Optional.of(norm)));
        }
        float[] classifier = values(random, network.features() * network.classes());
        classifier[0] = -0f;
        classifier[1] = Float.MIN_VALUE;
        layers.put(Network.CLASSIFIER, LayerWeights.biased(classifier, values(random, network.classes())));
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < network.classes(); i++) {
            labels.add("class \"" + i + "\" \u00fc");
        }
        Preprocessing preprocessing = new Preprocessing(
                "odd", 1.1, Preprocessing.Interpolation.BICUBIC, Preprocessing.ChannelOrder.BGR,
                new float[] {0.1f, 1 / 3f, 116.78f}, new float[] {0.017f, 1e-7f, 1 / 127.5f});
        Checkpoint.Source source = new Checkpoint.Source(
                "test", "profile", epsilons[0], List.of("one note", "another"), List.of());
        return new Checkpoint(network, Weights.of(network, layers), preprocessing, labels, source.withProvenance(PROVENANCE));
    }

    /** In (0.5, 1.5): variances are positive. */
    private static float[] values(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = 0.5f + random.nextFloat();
        }
        return values;
    }

    private Checkpoint written(Checkpoint checkpoint, String name) {
        Path file = folder.resolve(name);
        SafetensorsWriter.write(file, checkpoint);
        return Model.read(file);
    }

    /** Checks that nothing is lost, to the bit. */
    static void assertSame(Checkpoint expected, Checkpoint found) {
        assertEquals(expected.network(), found.network());
        assertEquals(expected.preprocessing().name(), found.preprocessing().name());
        assertEquals(expected.preprocessing().resizeRatio(), found.preprocessing().resizeRatio());
        assertEquals(expected.preprocessing().interpolation(), found.preprocessing().interpolation());
        assertEquals(expected.preprocessing().channelOrder(), found.preprocessing().channelOrder());
        assertArrayEquals(expected.preprocessing().mean(), found.preprocessing().mean());
        assertArrayEquals(expected.preprocessing().scale(), found.preprocessing().scale());
        assertEquals(expected.labels(), found.labels());
        assertEquals(expected.source().profile(), found.source().profile());
        assertEquals(expected.source().epsilon(), found.source().epsilon());
        assertEquals(expected.source().notes(), found.source().notes());
        assertEquals(expected.source().provenance(), found.source().provenance());
        assertEquals(List.of(), found.source().warnings());
        List<String> names = new ArrayList<>(expected.network().convolutions().stream().map(Conv::name).toList());
        names.add(Network.CLASSIFIER);
        for (String name : names) {
            assertSame(name, expected.weights().layer(name), found.weights().layer(name));
        }
        assertEquals(expected.quantised().isPresent(), found.quantised().isPresent());
        expected.quantised().ifPresent(integers ->
                assertSame(expected.network(), names, integers, found.quantised().orElseThrow()));
    }

    private static void assertSame(
            Network network, List<String> names, QuantisedWeights expected, QuantisedWeights found) {
        assertEquals(expected.ends(), found.ends());
        assertEquals(expected.pool(), found.pool());
        for (InvertedResidual block : network.blocks()) {
            assertEquals(expected.output(block), found.output(block), block.name());
        }
        for (String name : names) {
            QuantisedLayer layer = expected.layer(name);
            QuantisedLayer other = found.layer(name);
            assertArrayEquals(layer.kernel(), other.kernel(), name);
            assertArrayEquals(layer.bias(), other.bias(), name);
            assertBits(name, layer.scales(), other.scales());
            assertEquals(layer.roundedProduct(), other.roundedProduct(), name);
            assertEquals(layer.output(), other.output(), name);
        }
    }

    private static void assertSame(String name, LayerWeights expected, LayerWeights found) {
        assertBits(name, expected.kernel(), found.kernel());
        assertEquals(expected.bias().isPresent(), found.bias().isPresent(), name);
        expected.bias().ifPresent(bias -> assertBits(name, bias, found.bias().orElseThrow()));
        assertEquals(expected.batchNorm().isPresent(), found.batchNorm().isPresent(), name);
        expected.batchNorm().ifPresent(norm -> {
            BatchNorm other = found.batchNorm().orElseThrow();
            assertBits(name, norm.gamma(), other.gamma());
            assertBits(name, norm.beta(), other.beta());
            assertBits(name, norm.mean(), other.mean());
            assertBits(name, norm.variance(), other.variance());
            assertEquals(norm.epsilon(), other.epsilon(), name);
        });
    }

    private static void assertBits(String name, float[] expected, float[] found) {
        assertEquals(expected.length, found.length, name);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(Float.floatToRawIntBits(expected[i]), Float.floatToRawIntBits(found[i]), name);
        }
    }

    @ParameterizedTest
    @MethodSource("networks")
    void whatIsWrittenIsRead(Network network) throws IOException {
        Checkpoint checkpoint = checkpoint(network, 1e-3);
        Checkpoint read = written(checkpoint, "a.safetensors");
        assertSame(checkpoint, read);
        SafetensorsWriter.write(folder.resolve("b.safetensors"), read);
        assertEquals(-1, Files.mismatch(folder.resolve("a.safetensors"), folder.resolve("b.safetensors")));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "torchvision-safetensors/weights.safetensors", "torchvision-safetensors/weights-fp16.safetensors",
        "timm-safetensors/weights.safetensors", "tflite-float/weights.tflite", "tflite-int8/weights.tflite",
        "keras-h5/weights.h5", "keras-h5/weights.keras", "keras-h5/weights.weights.h5"
    })
    void whatReadersMakeIsKept(String fixture) {
        Checkpoint checkpoint = Model.read(Fixtures.path(fixture));
        assertSame(checkpoint, written(checkpoint, "a.safetensors"));
        assertSame(checkpoint.folded(), written(checkpoint.folded(), "b.safetensors"));
    }

    @Test
    void foldedFilesHaveNoBatchNormalisation() {
        Checkpoint folded = written(checkpoint(networks().findFirst().orElseThrow(), 1e-3).folded(), "a.safetensors");
        assertTrue(Double.isNaN(folded.source().epsilon()));
        Safetensors file = Safetensors.open(folder.resolve("a.safetensors"));
        assertFalse(file.names().stream().anyMatch(name -> name.contains("norm")), file.names().toString());
        assertFalse(file.metadata().containsKey("bn_eps"));
    }

    @Test
    void epsilonsMayDiffer() {
        Checkpoint checkpoint = checkpoint(expandedEverywhere(), 1e-3, 9.999999747378752e-6, 0);
        assertSame(checkpoint, written(checkpoint, "a.safetensors"));
    }

    /** The facts that people and other programs look for, by the names that the embedded network's file has, too. */
    @Test
    void metadataStateTheFactsOneByOne() throws IOException {
        SafetensorsWriter.write(folder.resolve("a.safetensors"), checkpoint(expandedEverywhere(), 1e-5));
        Map<String, String> texts = Safetensors.open(folder.resolve("a.safetensors")).metadata();
        assertEquals("\"caf\u00e9\"", texts.get("architecture"));
        assertEquals("[30,50]", texts.get("resolution"));
        assertEquals("5", texts.get("classes"));
        assertEquals(String.valueOf(expandedEverywhere().parameters()), texts.get("parameters"));
        assertEquals("\"symmetric\"", texts.get("padding"));
        assertEquals("\"relu\"", texts.get("activation"));
        assertEquals("1.0E-5", texts.get("bn_eps"));
        JsonNode source = new ObjectMapper().readTree(texts.get("source"));
        assertEquals("ab".repeat(32), source.get("sha256").textValue());
        for (String text : texts.values()) {
            new ObjectMapper().readTree(text);
        }
    }

    /** A component that JSON forgets would be lost without a word. */
    @Test
    void theDescriptionHasEveryComponent() {
        JsonNode network = NetworkJson.of(MobileNetV2.builder().build());
        List<String> expected = new ArrayList<>(components(Network.class));
        expected.remove("top");
        expected.addAll(components(Classifier.class)); // A classifier's stand beside the backbone's.
        assertEquals(expected, names(network));
        assertEquals(components(InvertedResidual.class), names(network.get("blocks").get(1)));
        assertEquals(components(Conv.class), names(network.get("stem")));
    }

    private static List<String> components(Class<?> type) {
        return Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList();
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private String refusal(Map<String, Safetensors.Tensor> tensors, Map<String, String> metadata) {
        Path file = folder.resolve("some.safetensors");
        Safetensors.write(file, tensors, metadata);
        String message = assertThrows(InvalidInputException.class, () -> Model.read(file)).getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    private Safetensors small() {
        SafetensorsWriter.write(folder.resolve("small.safetensors"), checkpoint(expandedEverywhere(), 1e-5));
        return Safetensors.open(folder.resolve("small.safetensors"));
    }

    private static Map<String, Safetensors.Tensor> tensors(Safetensors file) {
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        file.names().forEach(name -> tensors.put(name, file.tensor(name)));
        return tensors;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"residual\":true | \"residual\":1 | network.blocks[0].residual: expected true or false, found 1",
                "\"residual\":true | \"residue\":true | network.blocks[0]: expected the fields",
                "\"name\":\"stem\", | | network.stem: expected the fields",
                "\"name\":\"stem\" | \"name\":\"pool\" | two layers are named pool",
                "\"name\":\"stem\" | \"name\":null | network.stem.name: expected a string, found null",
                "\"kernel\":3 | \"kernel\":3.0 | network.stem.kernel: expected an integer, found 3.0",
                "\"kernel\":3 | \"kernel\":5 | stem: kernel 5, expected 1 or 3",
                "\"kernel\":3 | \"kernel\":99999999999999 | network.stem.kernel: expected an integer",
                "\"height\":30 | \"height\":0 | input of 0x50 pixels",
                "\"padding\":\"symmetric\" | \"padding\":\"SAME\" | network.padding: expected one of symmetric, same",
                "\"outputs\":16 | \"outputs\":17 | tensor head.weight: expected floating-point numbers of shape [17, 8, 1, 1]",
                "\"classes\":5 | \"classes\":2147483647 | tensor classifier.weight: expected floating-point numbers",
                "\"blocks\":[ | \"blocks\":[[], | network.blocks[0]: expected a JSON object, found []",
                "\"blocks\":[ | \"blocks\":[[[ | metadata network: expected a JSON value"
            })
    void faultyDescriptionsAreRefused(String part, String instead, String expected) {
        Safetensors file = small();
        Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
        String before = metadata.get("network");
        String after = before.replaceFirst(
                Pattern.quote(part),
                Matcher.quoteReplacement(instead == null ? "" : instead));
        assertFalse(before.equals(after));
        metadata.put("network", after);
        String message = refusal(tensors(file), metadata);
        assertTrue(message.contains(expected), message);
    }

    @Test
    void deepNestingIsRefused() {
        Safetensors file = small();
        Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
        metadata.put("network", "[".repeat(100_000));
        assertTrue(refusal(tensors(file), metadata).contains("metadata network: expected a JSON value"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "bn_eps | | metadata bn_eps: expected a value, found none",
                "bn_eps | {\"stem\":1e-3} | metadata bn_eps: expected a number of 0 to 1",
                "preprocessing | | metadata preprocessing: expected a value, found none",
                "preprocessing | {} | metadata preprocessing: expected the fields",
                "preprocessing | {\"name\":\"a\",\"resize_ratio\":1,\"interpolation\":\"bicubic\",\"channel_order\":\"rgb\","
                        + "\"mean\":[0,0,1e39],\"scale\":[1,1,1]} | metadata preprocessing.mean: expected 3 numbers of fp32",
                "preprocessing | {\"name\":\"a\",\"resize_ratio\":9,\"interpolation\":\"bicubic\",\"channel_order\":\"rgb\","
                        + "\"mean\":[0,0,0],\"scale\":[1,1,1]} | resize ratio 9.0, expected 1 to 4",
                "profile | | metadata profile: expected a value, found none",
                "profile | 1 | metadata profile: expected a string",
                "notes | 1 | metadata notes: expected an array of strings",
                "source | {} | metadata source: expected the fields",
                "resolution | [1] | metadata resolution: expected a positive integer, or [height, width]"
            })
    void factsThatAreMissingOrFaultyAreRefused(String key, String value, String expected) {
        Safetensors file = small();
        Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
        metadata.remove(key);
        if (value != null) {
            metadata.put(key, value);
        }
        String message = refusal(tensors(file), metadata);
        assertTrue(message.contains(expected), message);
    }

    @Test
    void tensorsThatDoNotFitTheDescriptionAreRefused() {
        Safetensors file = small();
        Map<String, Safetensors.Tensor> missing = tensors(file);
        missing.remove("head.weight");
        assertTrue(refusal(missing, file.metadata()).contains("tensor head.weight: expected a tensor of this name"));
        Map<String, Safetensors.Tensor> more = tensors(file);
        more.put("tail.weight", Safetensors.Tensor.of(new float[1], 1));
        assertTrue(refusal(more, file.metadata()).contains("tensor tail.weight: expected only the layers"));
        Map<String, Safetensors.Tensor> integers = tensors(file);
        integers.put("classifier.bias", Safetensors.Tensor.of(Safetensors.Type.I8, new byte[5], 5));
        assertTrue(refusal(integers, file.metadata()).contains("tensor classifier.bias: expected floating-point numbers"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "classes | 1000 | metadata classes says 1000, but the classifier has 5",
                "parameters | 7 | metadata parameters says 7, but the layers have ",
                "architecture | \"MobileNetV3\" | metadata architecture says MobileNetV3, but the layers are those of caf",
                "resolution | 30 | metadata resolution says 30, but the network takes 30x50",
                "padding | \"same\" | metadata padding says same, but the network pads symmetric",
                "activation | \"relu6\" | metadata activation says relu6, but the stem has relu",
                "labels | [\"a\",\"b\"] | 2 labels for 5 classes, but there should be as many: none is used"
            })
    void factsThatDisagreeAreWarnings(String key, String value, String expected) {
        Safetensors file = small();
        Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
        metadata.put(key, value);
        Path other = folder.resolve("other.safetensors");
        Safetensors.write(other, tensors(file), metadata);
        Checkpoint read = Model.read(other);
        assertEquals(1, read.source().warnings().size(), read.source().warnings().toString());
        assertTrue(read.source().warnings().getFirst().startsWith(expected), read.source().warnings().toString());
        assertEquals(expandedEverywhere(), read.network());
        assertEquals(key.equals("labels") ? 0 : 5, read.labels().size());
    }

    @Test
    void whatOthersAddIsANote() {
        Safetensors file = small();
        Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
        metadata.put("licence", "\"Apache-2.0\"");
        Path other = folder.resolve("other.safetensors");
        Safetensors.write(other, tensors(file), metadata);
        assertEquals(List.of("one note", "another", "licence: \"Apache-2.0\""), Model.read(other).source().notes());
    }

    @Test
    void truncatedFilesAreRefused() throws IOException {
        small();
        byte[] whole = Files.readAllBytes(folder.resolve("small.safetensors"));
        Path file = folder.resolve("cut.safetensors");
        for (int length = 0; length < whole.length; length += 97) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThrows(InvalidInputException.class, () -> Model.read(file));
        }
    }
}
