package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.MobileNetV1;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.Sampling;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TfliteReaderTest {

    private static final String FLOAT = "tflite-float/weights.tflite";
    private static final String INT8 = "tflite-int8/weights.tflite";
    private static final Path NAME = Path.of("some.tflite");

    @TempDir
    private Path folder;

    private static Checkpoint read(String fixture) {
        return new PublishedFormats().read(Fixtures.path(fixture));
    }

    private static Checkpoint read(TfliteFile file) {
        return TfliteReader.read(NAME, file.bytes());
    }

    private static String refusal(ByteBuffer file) {
        String message =
                assertThrows(InvalidInputException.class, () -> TfliteReader.read(NAME, file)).getMessage();
        assertTrue(message.startsWith("some.tflite: "), message);
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    /** Checks what is said of the small classifier after a change. */
    private static void assertRefused(String expected, Consumer<TfliteFile> change) {
        TfliteFile file = TfliteFile.classifier();
        change.accept(file);
        String message = refusal(file.bytes());
        assertTrue(message.contains(expected), message);
    }

    @Test
    void logitsAreThoseOfTensorFlow() {
        Fixtures.assertLogits("tflite-float", read(FLOAT), 1e-4);
    }

    @ParameterizedTest
    @ValueSource(strings = {FLOAT, INT8})
    void theNetworkIsThePublishedOne(String fixture) {
        Network expected = MobileNetV2.builder()
                .widthMultiplier(0.35)
                .resolution(64)
                .classes(10)
                .padding(Padding.SAME)
                .build();
        Checkpoint checkpoint = read(fixture);
        assertEquals(expected, checkpoint.network());
        assertEquals("TensorFlow Lite", checkpoint.source().format());
        assertTrue(Double.isNaN(checkpoint.source().epsilon()));
        assertTrue(checkpoint.labels().isEmpty());
        assertEquals("tf", checkpoint.preprocessing().name());
    }

    /**
     * The int8 fixture is the float fixture quantised: its {@code reference.safetensors} holds what TensorFlow Lite's
     * integer kernels make of it, with all roundings on the way, so that only true int8 can agree with it. What is read
     * is checked weight by weight: half a step of each channel's scale, which is its largest weight by 127.
     */
    @Test
    void dequantisedWeightsLieWithinHalfAStep() {
        Checkpoint single = read(FLOAT);
        Checkpoint quantised = read(INT8);
        for (Conv conv : single.network().convolutions()) {
            float[] expected = single.weights().layer(conv.name()).kernel();
            float[] found = quantised.weights().layer(conv.name()).kernel();
            int channel = expected.length / conv.outputs();
            for (int from = 0; from < expected.length; from += channel) {
                double largest = 0;
                for (int i = from; i < from + channel; i++) {
                    largest = Math.max(largest, Math.abs(expected[i]));
                }
                for (int i = from; i < from + channel; i++) {
                    assertEquals(expected[i], found[i], largest / 127 * 0.501, conv.name() + " at " + i);
                }
            }
            float[] bias = single.weights().layer(conv.name()).bias().orElseThrow();
            assertArrayEquals(bias, quantised.weights().layer(conv.name()).bias().orElseThrow(), 1e-3f, conv.name());
        }
        assertEquals(
                List.of("description: MLIR Converted.",
                        "quantised weights: INT32 per channel, INT8 per channel"),
                quantised.source().notes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq"})
    void imageNetLogitsAreThoseExpected(String name) {
        Checkpoint checkpoint = new PublishedFormats().read(shared("models/" + name + ".tflite"));
        Network network = checkpoint.network();
        assertEquals(
                MobileNetV2.builder().classes(1001).padding(Padding.SAME).build(), network);
        assertEquals(1001, checkpoint.labels().size());
        assertEquals("background", checkpoint.labels().getFirst());
        Preprocessing preprocessing = checkpoint.preprocessing();
        assertEquals("tf", preprocessing.name());

        Safetensors expected = Safetensors.open(shared("models/" + name + ".expected.safetensors"));
        float[] pixels = expected.floats("hot_dog.pixels");
        float[] input = new float[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            input[i] = (pixels[i] - preprocessing.mean()[i % 3]) * preprocessing.scale()[i % 3];
        }
        float[] logits = expected.floats("hot_dog.float_logits");
        double[] found = new DoubleReference(checkpoint).logits(input, 0);
        for (int i = 0; i < logits.length; i++) {
            assertEquals(logits[i], found[i], 1e-3, "class " + i);
        }
    }

    @Test
    void readsASegmentationNetwork() {
        Checkpoint checkpoint = new PublishedFormats().read(shared("models/deeplabv3_mnv2_pascal_quant.tflite"));
        Network network = checkpoint.network();
        assertEquals("MobileNetV2 1.0, DeepLabv3 head", network.architecture());
        assertEquals(16, network.outputStride());
        assertEquals(2, network.blocks().getLast().depthwise().dilation());
        DeepLab top = (DeepLab) network.top();
        assertEquals(Conv.pointwise("aspp", 320, 256, Activation.RELU), top.aspp());
        assertEquals(Conv.pointwise("projection", 512, 256, Activation.RELU), top.projection());
        assertTrue(top.pooledFirst());
        assertEquals(Sampling.ALIGN_CORNERS, top.sampling());
        assertEquals(21, network.classes());
        assertTrue(checkpoint.quantised().isPresent(), checkpoint.source().notes().toString());
    }

    private static Path shared(String name) {
        Path file = Path.of(System.getProperty("spindle.shared", "")).resolve(name);
        assumeTrue(Files.exists(file), () -> file + " is not there; see CONTRIBUTING.md");
        return file;
    }

    @Test
    void graphsAreFollowed() {
        Checkpoint checkpoint = read(TfliteFile.classifier());
        Network network = checkpoint.network();
        assertEquals("MobileNetV2, stem 4, 2 blocks", network.architecture());
        assertEquals(Padding.SAME, network.padding());
        assertEquals(TfliteFile.SIDE, network.height());
        assertEquals(TfliteFile.CLASSES, network.classes());
        assertTrue(network.blocks().get(0).expand().isEmpty());
        assertTrue(network.blocks().get(0).residual());
        assertEquals(2, network.blocks().get(1).stride());
        assertFalse(network.blocks().get(1).residual());
        assertEquals(10, network.features());
        assertEquals(17, checkpoint.source().tensors().size());
    }

    @ParameterizedTest
    @CsvSource({"1, 1, SYMMETRIC", "0, 1, SAME", "1, 0, SYMMETRIC", "0, 2, SAME"})
    void explicitZerosAreTheConventionThatTheyEqual(int before, int behind, Padding expected) {
        TfliteFile padded = TfliteFile.classifier(before, behind);
        assertEquals(expected, read(padded).network().padding());
        assertArrayEquals(
                read(TfliteFile.classifier()).weights().layer("block2.depthwise").kernel(),
                read(padded).weights().layer("block2.depthwise").kernel());
    }

    @ParameterizedTest
    @CsvSource({"2, 2", "0, 0", "0, 3", "2, 1"})
    void otherZerosAreRefused(int before, int behind) {
        String message = refusal(TfliteFile.classifier(before, behind).bytes());
        assertTrue(message.contains("CONV_2D: expected zeros as all other layers have them"), message);
    }

    @Test
    void mixedConventionsAreRefused() {
        TfliteFile file = TfliteFile.classifier(1, 1);
        TfliteFile.Operator depthwise = file.maker("block2.depthwise.out");
        file.operators.remove(file.maker("block2.depthwise.padded"));
        depthwise.inputs[0] = file.index("block2.expand.out");
        depthwise.options[0] = TfliteFile.SAME;
        assertTrue(refusal(file.bytes()).contains("DEPTHWISE_CONV_2D: expected zeros as all other layers have them"));
    }

    @Test
    void anActivationMayStandByItself() {
        TfliteFile file = TfliteFile.classifier();
        file.maker("stem.out").options[3] = TfliteFile.LINEAR;
        int activated = file.computed("stem.activated", 1, 4, 4, 4);
        file.maker("block1.depthwise.out").inputs[0] = activated;
        file.maker("block1.sum").inputs[0] = activated;
        file.operator(TfliteOperator.RELU6, 0, new int[0], activated, file.index("stem.out"));
        assertEquals(read(TfliteFile.classifier()).network(), read(file).network());
    }

    @Test
    void halfPrecisionWeightsAreReadThroughTheirConversion() {
        TfliteFile file = TfliteFile.classifier();
        TfliteFile.Tensor kernel = file.tensor("block2.project");
        ByteBuffer single = ByteBuffer.wrap(kernel.data).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer half = ByteBuffer.allocate(kernel.data.length / 2).order(ByteOrder.LITTLE_ENDIAN);
        while (single.hasRemaining()) {
            half.putShort(Float.floatToFloat16(single.getFloat()));
        }
        int source = file.add(new TfliteFile.Tensor("half", TfliteType.FLOAT16.ordinal(), kernel.shape, half.array()));
        kernel.data = null;
        file.operator(TfliteOperator.DEQUANTIZE, 0, new int[0], file.index("block2.project"), source);
        float[] expected = read(TfliteFile.classifier()).weights().layer("block2.project").kernel();
        for (int i = 0; i < expected.length; i++) {
            expected[i] = Float.float16ToFloat(Float.floatToFloat16(expected[i]));
        }
        assertArrayEquals(expected, read(file).weights().layer("block2.project").kernel());
    }

    @ParameterizedTest
    @CsvSource({"64, 64", "33, 47"})
    void theFirstFamilyIsReadToo(int height, int width) {
        Network network = MobileNetV1.builder().widthMultiplier(0.25).resolution(height, width).classes(12).build();
        Checkpoint checkpoint = read(TfliteFile.separable(network));
        assertEquals(network, checkpoint.network());
        Backends.assertLogits(checkpoint, checkpoint);
    }

    @Test
    void aConvolutionMayBeTheClassifier() {
        TfliteFile file = TfliteFile.classifier();
        TfliteFile.Operator dense = file.maker("logits");
        dense.code = TfliteOperator.CONV_2D;
        dense.optionsType = 1;
        dense.options = new int[] {TfliteFile.SAME, 1, 1, TfliteFile.LINEAR};
        file.tensor("classifier").shape = new int[] {TfliteFile.CLASSES, 1, 1, 10};
        TfliteFile.Operator average = file.maker("average");
        average.code = TfliteOperator.AVERAGE_POOL_2D;
        average.optionsType = 5;
        average.options = new int[] {TfliteFile.VALID, 1, 1, 2, 2, TfliteFile.LINEAR};
        average.inputs = new int[] {average.inputs[0]};
        int flat = file.computed("flat", 1, TfliteFile.CLASSES);
        file.maker("probabilities").inputs[0] = flat;
        file.operator(TfliteOperator.RESHAPE, 0, new int[0], flat, file.index("logits"));
        Checkpoint expected = read(TfliteFile.classifier());
        Checkpoint found = read(file);
        assertEquals(expected.network(), found.network());
        assertArrayEquals(
                expected.weights().layer(Network.CLASSIFIER).kernel(), found.weights().layer(Network.CLASSIFIER).kernel());

        average.options[4] = 1;
        assertTrue(refusal(file.bytes()).contains("an average over the whole map of 2x2, found a filter of 1x2"));
    }

    @Test
    void quantisedInputsSayWhatPixelsBecome() {
        TfliteFile file = TfliteFile.classifier();
        TfliteFile.Tensor input = file.tensor("input");
        input.scales = new float[] {1 / 255f};
        input.zeroPoints = new long[] {-128};
        input.type = TfliteType.INT8.ordinal();
        Preprocessing found = read(file).preprocessing();
        assertEquals("quantised input", found.name());
        assertArrayEquals(new float[] {0, 0, 0}, found.mean());
        assertArrayEquals(new float[] {1 / 255f, 1 / 255f, 1 / 255f}, found.scale());

        input.scales = new float[] {2 / 255f};
        input.zeroPoints = new long[] {-1};
        assertEquals("tf", read(file).preprocessing().name());
        assertEquals(127, read(file).preprocessing().mean()[0]);

        input.type = TfliteType.INT16.ordinal();
        assertTrue(refusal(file.bytes()).contains("tensor input: expected an input of FLOAT32"));
    }

    @Test
    void biasesWithoutAScaleAreInThatOfTheProducts() {
        TfliteFile file = TfliteFile.classifier();
        TfliteFile.Tensor from = file.tensor("block2.depthwise.out");
        from.scales = new float[] {0.5f};
        from.zeroPoints = new long[] {3};
        TfliteFile.Tensor kernel = file.tensor("block2.project");
        kernel.type = TfliteType.UINT8.ordinal();
        kernel.data = new byte[48];
        kernel.data[8] = (byte) 200;
        kernel.scales = new float[] {1, 2, 3, 4, 5, 6};
        kernel.zeroPoints = new long[] {0, 100, 0, 0, 0, 0};
        TfliteFile.Tensor bias = file.tensor("block2.project.bias");
        bias.type = TfliteType.INT32.ordinal();
        bias.data = new byte[24];
        Arrays.fill(bias.data, 4, 8, (byte) -1);
        // The scale belongs to data of integers only.
        from.type = TfliteType.UINT8.ordinal();
        Checkpoint checkpoint = read(file);
        float[] weights = checkpoint.weights().layer("block2.project").kernel();
        assertEquals(0, weights[0]);
        assertEquals((200 - 100) * 2, weights[8]);
        assertEquals((0 - 100) * 2, weights[9]);
        assertArrayEquals(
                new float[] {0, -1 * 0.5f * 2, 0, 0, 0, 0},
                checkpoint.weights().layer("block2.project").bias().orElseThrow());
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "NaN", "Infinity", "1e9"})
    void absurdScalesAreRefused(float scale) {
        assertRefused("tensor head: expected scales above 0 and at most 65536.0, found " + scale, file -> {
            file.tensor("head").type = TfliteType.INT8.ordinal();
            file.tensor("head").scales = new float[] {scale};
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 | 128 | 0 | tensor head: expected zero points that are values of INT8, found 128",
                "1 | 1 2 | 0 | tensor head: expected 1 zero points, found 2",
                "2 | | 0 | found 2 scales for axis 0",
                "6 | | 4 | found 6 scales for axis 4",
                "6 | | -1 | found 6 scales for axis -1",
                "0 | | 0 | tensor head: expected a scale for values of INT8, found none"
            })
    void absurdQuantisationIsRefused(int scales, String zeroPoints, int axis, String expected) {
        assertRefused(expected, file -> {
            TfliteFile.Tensor head = file.tensor("head");
            head.type = TfliteType.INT8.ordinal();
            head.data = new byte[60];
            head.scales = new float[scales];
            Arrays.fill(head.scales, 1);
            head.zeroPoints = zeroPoints == null
                    ? new long[0]
                    : Arrays.stream(zeroPoints.split(" ")).mapToLong(Long::parseLong).toArray();
            head.axis = axis;
        });
    }

    @Test
    void graphsThatAreNoClassifiersAreRefused() {
        assertRefused("found DEPTH_TO_SPACE", file -> file.maker("head.out").code = 5);
        assertRefused("found of code 200", file -> file.maker("head.out").code = 200);
        assertRefused("expected one way from input to output", file -> file.output = file.index("average"));
        assertRefused("found an operator beside it", file -> file.output = file.input);
        assertRefused(
                "tensor stem.out: expected one layer that reads it",
                file -> file.maker("head.out").inputs[0] = file.index("stem.out"));
        assertRefused(
                "tensor block2.project: expected one layer that uses it",
                file -> file.maker("head.out").inputs[1] = file.index("block2.project"));
        assertRefused(
                "tensor block2.depthwise: expected a kernel of [outputs][8][size][size] in one group",
                file -> file.tensor("block2.depthwise").shape = new int[] {3, 3, 8, 1});
    }

    @Test
    void operatorsWithOtherParametersAreRefused() {
        assertRefused("one stride for both axes, found 3 and 2", file -> file.maker("stem.out").options[1] = 3);
        assertRefused("a fused activation NONE", file -> file.maker("stem.out").options[3] = 4);
        assertRefused("ADD: expected no fused activation", file -> file.maker("block1.sum").options[0] = 1);
        assertRefused("SOFTMAX: expected beta 1", file -> file.maker("probabilities").options[0] = 0);
        assertRefused("options of type 1, found 2", file -> file.maker("stem.out").optionsType = 2);
    }

    @Test
    void tensorsOfOtherFormsAreRefused() {
        assertRefused("tensor head: expected values in the file", file -> file.tensor("head").data = null);
        assertRefused("tensor head: expected BFLOAT16 values of shape", file -> file.tensor("head").type = 18);
        assertRefused("tensor head: expected a type of 0 to 18", file -> file.tensor("head").type = 19);
        assertRefused("a bias of shape [10]", file -> file.tensor("head.bias").shape = new int[] {9});
        assertRefused("an average over axes 1 and 2", file -> file.tensor("axes").data = new byte[8]);
        assertRefused("tensor stem: expected", file -> file.tensor("input").shape = new int[] {1, 8, 8, 4});
        assertRefused("at most 8192 pixels", file -> file.tensor("input").shape = new int[] {1, 1 << 30, 8, 3});
        assertRefused("a shape of at most 8 sizes", file -> file.tensor("input").shape = new int[] {1, -8, 8, 3});
    }

    @Test
    void skipsFromElsewhereAreRefused() {
        TfliteFile file = TfliteFile.classifier();
        TfliteFile.Operator sum = file.maker("block1.sum");
        sum.inputs[0] = file.index("block1.depthwise.out");
        assertTrue(refusal(file.bytes()).contains("expected the block's own input added to it, found another tensor"));
    }

    @Test
    void circlesAreRefused() {
        TfliteFile operators = TfliteFile.classifier();
        operators.maker("block2.expand.out").outputs[0] = operators.index("stem.out");
        assertTrue(refusal(operators.bytes()).contains("expected an acyclic graph"));
        TfliteFile copies = TfliteFile.classifier();
        int first = copies.computed("first", 1);
        int second = copies.computed("second", 1);
        copies.operator(TfliteOperator.QUANTIZE, 0, new int[0], first, second);
        copies.operator(TfliteOperator.QUANTIZE, 0, new int[0], second, first);
        copies.maker("stem.out").inputs[1] = first;
        assertTrue(refusal(copies.bytes()).contains("expected an acyclic graph, found a tensor made from itself"));
    }

    @Test
    void weightsThatAreNoNumbersAreRefused() {
        assertRefused(
                "layer block2.expand: expected finite values of kernel, found NaN at 3",
                file -> ByteBuffer.wrap(file.tensor("block2.expand").data)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putFloat(12, Float.NaN));
    }

    @Test
    void labelsAreTakenFromAnAppendedArchive() throws IOException {
        byte[] model = TfliteFile.classifier().bytes().array();
        byte[] archive = archive("readme.txt", "one line\n", "labels.txt", "cat\ndog\n\nbird\n");
        ByteBuffer both = ByteBuffer.allocate(model.length + archive.length).put(model).put(archive).flip();
        assertEquals(List.of("cat", "dog", "bird"), TfliteReader.read(NAME, both).labels());
        ByteBuffer damaged = ByteBuffer.allocate(both.limit()).put(both).flip();
        for (int i = model.length; i < model.length + 40; i++) {
            damaged.put(i, (byte) 0xff);
        }
        assertEquals(List.of(), TfliteReader.read(NAME, damaged).labels());
        byte[] other = archive("labels.txt", "cat\ndog\n");
        assertEquals(
                List.of(),
                TfliteReader.read(NAME, ByteBuffer.allocate(model.length + other.length).put(model).put(other).flip())
                        .labels());
    }

    private static byte[] archive(String... namesAndTexts) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < namesAndTexts.length; i += 2) {
                zip.putNextEntry(new ZipEntry(namesAndTexts[i]));
                zip.write(namesAndTexts[i + 1].getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }

    @Test
    void whatIsNoModelIsSaid() {
        String message = refusal(ByteBuffer.wrap("This is\na text file.\n".getBytes(StandardCharsets.US_ASCII)));
        assertEquals(
                "some.tflite: offset 4: expected the identifier TFL3 of a TensorFlow Lite model,"
                        + " found a file that begins with \"This is?\"",
                message);
        assertTrue(refusal(ByteBuffer.allocate(0)).endsWith("found an empty file"));
    }

    @ParameterizedTest
    @ValueSource(strings = {FLOAT, INT8})
    void truncatedFilesAreRefused(String fixture) {
        Mutations.truncate(Fixtures.bytes(fixture), part -> TfliteReader.read(NAME, part));
    }

    @ParameterizedTest
    @ValueSource(strings = {FLOAT, INT8})
    void damagedTablesAreRefusedOrRead(String fixture) {
        damage(Fixtures.bytes(fixture), 500);
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void damagedTablesOfSmallFilesAreRefusedOrRead(boolean padded) {
        damage((padded ? TfliteFile.classifier(1, 1) : TfliteFile.classifier()).bytes().array(), 5000);
    }

    private static void damage(byte[] file, int count) {
        boolean[] tables = new boolean[file.length];
        Arrays.fill(tables, true);
        for (TfliteTensor tensor : TfliteModel.read(NAME, ByteBuffer.wrap(file)).tensors()) {
            int from = tensor.data().arrayOffset();
            Arrays.fill(tables, from, from + tensor.data().limit(), false);
        }
        assertTimeout(
                Duration.ofSeconds(60),
                () -> Mutations.mutate(file, tables, count, 2, damaged -> TfliteReader.read(NAME, damaged)));
    }

    @Tag("fuzz")
    @Test
    void whateverTheDamageOnlyTheDocumentedExceptionIsThrown() {
        MutationFuzz.run(TfliteFile.classifier().bytes().array(), 3, damaged -> TfliteReader.read(NAME, damaged));
    }

    @Test
    void manyTablesOnTheSameBytesAreRefused() {
        TfliteFile file = TfliteFile.classifier();
        TfliteFile.Tensor input = file.tensor("input");
        file.tensors.set(file.input, new TfliteFile.Tensor("n".repeat(20_000), input.type, input.shape, null));
        ByteBuffer shared = file.bytes().order(ByteOrder.LITTLE_ENDIAN);
        TfliteReader.read(NAME, shared);
        List<Integer> references = nameReferences(shared);
        int longName = follow(shared, references.get(file.input));
        for (int reference : references) {
            shared.putInt(reference, longName - reference);
        }
        assertTrue(refusal(shared).contains("many that share the same bytes"));
    }

    /** Where the tensors' references to their names stand, by the schema's slots. */
    private static List<Integer> nameReferences(ByteBuffer file) {
        int graphs = field(file, file.getInt(0), 2);
        int graph = follow(file, follow(file, graphs) + Integer.BYTES);
        int tensors = follow(file, field(file, graph, 0));
        return IntStream.range(0, file.getInt(tensors))
                .mapToObj(i -> field(file, follow(file, tensors + Integer.BYTES * (i + 1)), 3))
                .toList();
    }

    private static int field(ByteBuffer file, int table, int slot) {
        return table + file.getShort(table - file.getInt(table) + 4 + 2 * slot);
    }

    private static int follow(ByteBuffer file, int reference) {
        return reference + file.getInt(reference);
    }
}
