package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Activation;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsReaderTest {

    private static final String TORCHVISION = "torchvision-safetensors/weights.safetensors";
    private static final String TIMM = "timm-safetensors/weights.safetensors";
    private static final Path NAME = Path.of("some.safetensors");

    @TempDir
    private Path folder;

    private static Checkpoint read(String fixture) {
        return at64(new PublishedFormats().read(Fixtures.path(fixture)));
    }

    /** The fixtures were made at 64x64, which their files do not say. */
    private static Checkpoint at64(Checkpoint checkpoint) {
        return new Checkpoint(
                checkpoint.network().withResolution(64, 64),
                checkpoint.weights(),
                checkpoint.preprocessing(),
                checkpoint.labels(),
                checkpoint.source());
    }

    /** A fixture's tensors, to be changed. */
    private static Map<String, Safetensors.Tensor> tensors(String fixture) {
        Safetensors file = Safetensors.open(Fixtures.path(fixture));
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        file.names().forEach(name -> tensors.put(name, file.tensor(name)));
        return tensors;
    }

    private Checkpoint read(Map<String, Safetensors.Tensor> tensors, Map<String, String> metadata) {
        Path file = folder.resolve("some.safetensors");
        Safetensors.write(file, tensors, metadata);
        return new PublishedFormats().read(file);
    }

    private String refusal(Map<String, Safetensors.Tensor> tensors, Map<String, String> metadata) {
        String message = assertThrows(InvalidInputException.class, () -> read(tensors, metadata)).getMessage();
        assertTrue(message.contains("some.safetensors: "), message);
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    @ParameterizedTest
    @ValueSource(strings = {TORCHVISION, TIMM})
    void logitsAreThoseOfTheSource(String fixture) {
        Fixtures.assertLogits(Path.of(fixture).getParent().toString(), read(fixture), 1e-4);
    }

    @Test
    void halfPrecisionIsReadAsItIs() {
        Checkpoint single = read(TORCHVISION);
        Checkpoint half = read("torchvision-safetensors/weights-fp16.safetensors");
        assertEquals(single.network(), half.network());
        single.network().convolutions().forEach(conv -> {
            float[] expected = single.weights().layer(conv.name()).kernel();
            float[] found = half.weights().layer(conv.name()).kernel();
            for (int i = 0; i < expected.length; i++) {
                // Half an ulp of a normal half, or of the subnormal ones.
                assertEquals(expected[i], found[i], Math.max(Math.abs(expected[i]) * 0x1p-11, 0x1p-25), conv.name());
            }
        });
        // Weights of 11 bits: 1.2 % of the largest logit were measured.
        Fixtures.assertLogits("torchvision-safetensors", half, 0.02);
    }

    @Test
    void brainFloatsAreReadAsTheyAre() {
        Map<String, Safetensors.Tensor> tensors = tensors(TORCHVISION);
        tensors.replaceAll((name, tensor) -> tensor.type() == Safetensors.Type.F32 ? truncated(tensor) : tensor);
        Checkpoint checkpoint = read(tensors, Map.of());
        float[] expected = read(TORCHVISION).weights().layer("block3.project").kernel();
        for (int i = 0; i < expected.length; i++) {
            expected[i] = Float.intBitsToFloat(Float.floatToRawIntBits(expected[i]) & 0xffff0000);
        }
        assertArrayEquals(expected, checkpoint.weights().layer("block3.project").kernel());
        assertEquals("BF16", checkpoint.source().tensors().getLast().type());
    }

    private static Safetensors.Tensor truncated(Safetensors.Tensor tensor) {
        float[] values = tensor.floats();
        ByteBuffer upper = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            upper.putShort((short) (Float.floatToRawIntBits(value) >> 16));
        }
        return new Safetensors.Tensor(Safetensors.Type.BF16, tensor.shape(), upper.flip());
    }

    @ParameterizedTest
    @ValueSource(strings = {TORCHVISION, TIMM})
    void theNetworkIsThePublishedOne(String fixture) {
        Network expected =
                MobileNetV2.builder().widthMultiplier(0.35).resolution(64).classes(10).build();
        Checkpoint checkpoint = read(fixture);
        assertEquals(expected, checkpoint.network());
        assertEquals("safetensors", checkpoint.source().format());
        assertEquals(1e-5, checkpoint.source().epsilon());
        assertEquals(314, checkpoint.source().tensors().size());
        assertTrue(checkpoint.labels().isEmpty());
        assertEquals("torch", checkpoint.preprocessing().name());
    }

    @Test
    void profilesCarryTheirSourcesName() {
        Checkpoint torchvision = read(TORCHVISION);
        assertEquals("torchvision", torchvision.source().profile());
        assertEquals(Preprocessing.Interpolation.BILINEAR, torchvision.preprocessing().interpolation());
        assertEquals(224, new PublishedFormats().read(Fixtures.path(TORCHVISION)).network().height());
        Checkpoint timm = read(TIMM);
        assertEquals("timm", timm.source().profile());
        assertEquals(Preprocessing.Interpolation.BICUBIC, timm.preprocessing().interpolation());
    }

    @Test
    void metadataReplacesTheProfile() {
        Checkpoint checkpoint = read(
                tensors(TORCHVISION),
                Map.of(
                        "format", "pt",
                        "padding", "\"same\"",
                        "bn_eps", "0.001",
                        "activation", "\"relu\"",
                        "resolution", "96",
                        "preprocessing", "\"BGR, bicubic to 96x96, x/100-0.5\"",
                        "labels", "[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]"));
        assertEquals(Padding.SAME, checkpoint.network().padding());
        assertEquals(0.001, checkpoint.source().epsilon());
        assertEquals(0.001, checkpoint.weights().layer("stem").batchNorm().orElseThrow().epsilon());
        assertEquals(Activation.RELU, checkpoint.network().stem().activation());
        assertEquals(Activation.LINEAR, checkpoint.network().blocks().getFirst().project().activation());
        assertEquals(96, checkpoint.network().height());
        assertEquals(96, checkpoint.network().width());
        assertEquals("9", checkpoint.labels().getLast());
        assertEquals(List.of("format: pt"), checkpoint.source().notes());
        assertEquals(
                "torchvision; from the file: activation, bn_eps, padding, preprocessing, resolution",
                checkpoint.source().profile());
        Preprocessing preprocessing = checkpoint.preprocessing();
        assertEquals("file", preprocessing.name());
        assertEquals(1, preprocessing.resizeRatio());
        assertEquals(Preprocessing.ChannelOrder.BGR, preprocessing.channelOrder());
        assertEquals(Preprocessing.Interpolation.BICUBIC, preprocessing.interpolation());
        assertArrayEquals(new float[] {50, 50, 50}, preprocessing.mean());
        assertArrayEquals(new float[] {0.01f, 0.01f, 0.01f}, preprocessing.scale());
    }

    @Test
    void metadataMayNameAPreset() {
        assertEquals(
                Preprocessing.CAFFE.toString(),
                read(tensors(TORCHVISION), Map.of("preprocessing", "\"caffe\"")).preprocessing().toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "padding | same",
                "padding | \"valid\"",
                "padding | [",
                "bn_eps | \"small\"",
                "bn_eps | -1",
                "bn_eps | 2",
                "activation | \"swish\"",
                "resolution | 0",
                "resolution | 64.5",
                "resolution | 1e99",
                "preprocessing | \"as usual\"",
                "preprocessing | \"RGB, bilinear to 64x64, x/0-1\"",
                "labels | {}",
                "labels | [1,2]"
            })
    void faultyMetadataAreRefused(String key, String value) {
        assertTrue(refusal(tensors(TORCHVISION), Map.of(key, value)).contains("metadata " + key));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "classes | 1000 | metadata classes says 1000, but the classifier has 10",
                "parameters | 1e6 | metadata parameters says 1e6, but the layers have 408938",
                "width_multiplier | 0.5 | metadata width_multiplier says 0.5, but the channels are those of 0.35",
                "architecture | \"ResNet\" | metadata architecture says ResNet, but the layers are those of MobileNetV2 0.35",
                "preprocessing | \"RGB, bilinear to 64x64, x/127.5-1\" | metadata preprocessing says to 64x64, but the network"
                        + " takes 224x224",
                "labels | [\"a\"] | 1 labels for 10 classes, but there should be as many: none is used"
            })
    void metadataThatDisagreeAreWarnings(String key, String value, String expected) {
        Checkpoint checkpoint = read(tensors(TORCHVISION), Map.of(key, value));
        assertEquals(List.of(expected), checkpoint.source().warnings());
        assertTrue(checkpoint.labels().isEmpty());
    }

    @Test
    void metadataThatAgreeAreNone() {
        Map<String, String> metadata = Map.of(
                "classes", "10", "parameters", "408938", "width_multiplier", "0.35", "architecture", "\"MobileNetV2\"",
                "resolution", "[96,128]", "preprocessing", "\"RGB, bilinear to 96x128, x/127.5-1\"");
        Checkpoint checkpoint = read(tensors(TORCHVISION), metadata);
        assertEquals(List.of(), checkpoint.source().warnings());
        assertEquals(128, checkpoint.network().width());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mobilenetv2_035", "\"mobilenet_v2\"", "MobileNet-V2 of somebody", "\"MobileNet\""})
    void namesMayBeWrittenOtherwise(String architecture) {
        Map<String, String> metadata = Map.of("architecture", architecture, "classes", "ten, or so");
        Checkpoint checkpoint = read(tensors(TORCHVISION), metadata);
        assertEquals(List.of(), checkpoint.source().warnings());
        assertEquals(2, checkpoint.source().notes().size());
    }

    @Test
    void aResolutionThatNoNetworkHasIsRefused() {
        assertTrue(refusal(tensors(TORCHVISION), Map.of("resolution", "100000")).contains("100000"));
    }

    @ParameterizedTest
    @CsvSource({
        "features.9.conv.0.0.weight", "features.9.conv.1.0.weight", "features.9.conv.3.running_var", "features.0.0.weight",
        "classifier.1.bias", "features.18.1.weight"
    })
    void aMissingTensorIsNamed(String name) {
        Map<String, Safetensors.Tensor> tensors = tensors(TORCHVISION);
        tensors.remove(name);
        assertTrue(refusal(tensors, Map.of()).contains("tensor " + name + ": expected a tensor of this name"));
    }

    @Test
    void aMissingBlockIsRefused() {
        Map<String, Safetensors.Tensor> tensors = tensors(TORCHVISION);
        tensors.keySet().removeIf(name -> name.startsWith("features.18."));
        assertTrue(refusal(tensors, Map.of()).contains("tensor features.18.0.weight"));
        Map<String, Safetensors.Tensor> stages = tensors(TIMM);
        stages.keySet().removeIf(name -> name.startsWith("blocks.4."));
        assertTrue(refusal(stages, Map.of()).contains("tensor blocks.4.0.conv_dw.weight"));
    }

    @ParameterizedTest
    @CsvSource({
        "features.0.0.weight, 16x3x5x5", "features.0.0.weight, 16x27", "features.9.conv.1.0.weight, 144x3x3x3",
        "features.9.conv.0.1.bias, 143", "classifier.1.weight, 10x1279", "classifier.1.weight, 1280",
        "features.9.conv.2.weight, 0x144x1x1", "features.9.conv.2.weight, 24x143x1x1"
    })
    void aWrongShapeIsNamed(String name, String shape) {
        int[] sizes = Arrays.stream(shape.split("x")).mapToInt(Integer::parseInt).toArray();
        Map<String, Safetensors.Tensor> tensors = tensors(TORCHVISION);
        tensors.put(name, Safetensors.Tensor.of(new float[Arrays.stream(sizes).reduce(1, (a, b) -> a * b)], sizes));
        String message = refusal(tensors, Map.of());
        assertTrue(message.contains(name) || message.contains("block9.project takes 143 channels")
                || message.contains("expansion gives 144 channels"), message);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void weightsThatAreNoNumbersAreRefused(float value) {
        Map<String, Safetensors.Tensor> tensors = tensors(TORCHVISION);
        float[] weights = tensors.get("features.9.conv.2.weight").floats();
        weights[77] = value;
        tensors.put("features.9.conv.2.weight", Safetensors.Tensor.of(weights, 24, 144, 1, 1));
        String message = refusal(tensors, Map.of());
        assertTrue(message.contains("block9.project") && message.contains(value + " at 77"), message);
    }

    @Test
    void tensorsOfOtherNetworksAreRefused() {
        Map<String, Safetensors.Tensor> tensors = tensors(TIMM);
        tensors.put("blocks.1.0.se.conv_reduce.weight", Safetensors.Tensor.of(new float[8], 1, 8, 1, 1));
        assertTrue(refusal(tensors, Map.of()).contains("tensor blocks.1.0.se.conv_reduce.weight"));
        Map<String, Safetensors.Tensor> reference = tensors("timm-safetensors/reference.safetensors");
        assertTrue(refusal(reference, Map.of()).endsWith("found input, logits"));
        assertTrue(refusal(Map.of(), Map.of()).endsWith("found no tensors"));
    }

    @Test
    void depthScaledNetworksAreRead() {
        // timm's mobilenetv2_120d: width 1.2, depth 1.4, stem and head of width 1.
        int[] repeats = {1, 3, 5, 6, 5, 5, 1};
        int[] channels = {24, 32, 40, 80, 112, 192, 384};
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        normalised(tensors, "conv_stem", "bn1", 32, 3, 3);
        int inputs = 32;
        for (int stage = 0; stage < repeats.length; stage++) {
            for (int repeat = 0; repeat < repeats[stage]; repeat++) {
                String block = "blocks." + stage + "." + repeat + ".";
                int hidden = stage == 0 ? inputs : 6 * inputs;
                int next = 1;
                if (stage > 0) {
                    normalised(tensors, block + "conv_pw", block + "bn" + next++, hidden, inputs, 1);
                }
                normalised(tensors, block + "conv_dw", block + "bn" + next++, hidden, 1, 3);
                String project = stage == 0 ? "conv_pw" : "conv_pwl";
                normalised(tensors, block + project, block + "bn" + next, channels[stage], hidden, 1);
                inputs = channels[stage];
            }
        }
        normalised(tensors, "conv_head", "bn2", 1280, inputs, 1);
        tensors.put("classifier.weight", Safetensors.Tensor.of(new float[1280 * 3], 3, 1280));
        tensors.put("classifier.bias", Safetensors.Tensor.of(new float[3], 3));

        Network network = read(tensors, Map.of()).network();
        assertEquals("MobileNetV2 1.2, stem 32, head 1280, 26 blocks", network.architecture());
        assertEquals(32, network.outputStride());
        assertEquals(3, network.classes());
        assertEquals(
                List.of(1, 2, 1, 1, 2, 1, 1, 1, 1, 2, 1),
                network.blocks().stream().limit(11).map(InvertedResidual::stride).toList());
        assertEquals(19, network.blocks().stream().filter(InvertedResidual::residual).count());
    }

    private static void normalised(
            Map<String, Safetensors.Tensor> tensors, String conv, String norm, int outputs, int inputs, int kernel) {
        tensors.put(
                conv + ".weight",
                Safetensors.Tensor.of(
                        new float[outputs * inputs * kernel * kernel], outputs, inputs, kernel, kernel));
        for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
            tensors.put(norm + "." + part, Safetensors.Tensor.of(new float[outputs], outputs));
        }
    }

    @Test
    void anUnpublishedWidthIsDescribed() {
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        normalised(tensors, "conv_stem", "bn1", 8, 3, 3);
        for (int stage = 0; stage < 7; stage++) {
            String block = "blocks." + stage + ".0.";
            normalised(tensors, block + "conv_pw", block + "bn1", 16, 8, 1);
            normalised(tensors, block + "conv_dw", block + "bn2", 16, 1, 3);
            normalised(tensors, block + "conv_pwl", block + "bn3", 8, 16, 1);
        }
        normalised(tensors, "conv_head", "bn2", 32, 8, 1);
        tensors.put("classifier.weight", Safetensors.Tensor.of(new float[64], 2, 32));
        tensors.put("classifier.bias", Safetensors.Tensor.of(new float[2], 2));
        assertEquals("MobileNetV2, stem 8, 7 blocks", read(tensors, Map.of()).network().architecture());
    }

    @ParameterizedTest
    @ValueSource(strings = {TORCHVISION, TIMM, "torchvision-safetensors/weights-fp16.safetensors"})
    void truncatedFilesAreRefused(String fixture) {
        Mutations.truncate(Fixtures.bytes(fixture), part -> SafetensorsReader.read(Safetensors.read(NAME, part)));
    }

    @ParameterizedTest
    @ValueSource(strings = {TORCHVISION, TIMM})
    void damagedHeadersAreRefusedOrRead(String fixture) {
        byte[] file = Fixtures.bytes(fixture);
        boolean[] header = new boolean[file.length];
        Arrays.fill(header, 0, 8 + ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(0), true);
        assertTimeout(
                Duration.ofSeconds(60),
                () -> Mutations.mutate(
                        file, header, 1000, 1, damaged -> SafetensorsReader.read(Safetensors.read(NAME, damaged))));
    }

    @Tag("fuzz")
    @Test
    void whateverTheDamageOnlyTheDocumentedExceptionIsThrown() throws IOException {
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        normalised(tensors, "conv_stem", "bn1", 1, 3, 3);
        tensors.put("classifier.bias", Safetensors.Tensor.of(new float[2], 2));
        Path file = folder.resolve("small.safetensors");
        Safetensors.write(file, tensors, Map.of("padding", "\"same\"", "labels", "[\"a\",\"b\"]"));
        MutationFuzz.run(Files.readAllBytes(file), 3, damaged -> SafetensorsReader.read(NAME, damaged));
    }
}
