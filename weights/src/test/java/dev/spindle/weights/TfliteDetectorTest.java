package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.detection.Anchors;
import dev.spindle.detection.BoxCode;
import dev.spindle.detection.PostProcessing;
import dev.spindle.detection.ScoreFunction;
import dev.spindle.detection.Suppression;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.SsdLite;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.Weights;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TfliteDetectorTest {

    private static final Path NAME = Path.of("some.tflite");

    @TempDir
    private Path folder;

    private static Checkpoint read(TfliteFile file) {
        return TfliteReader.read(NAME, file.bytes());
    }

    private static PostProcessing processing(Checkpoint checkpoint) {
        return ((SsdLite) checkpoint.network().top()).postProcessing();
    }

    private static float[] values(TfliteFile file, String tensor) {
        ByteBuffer data = ByteBuffer.wrap(file.tensor(tensor).data).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[data.remaining() / Float.BYTES];
        data.asFloatBuffer().get(values);
        return values;
    }

    /** The description of {@link TfliteFile#detector}, written down a second time. */
    private static Network network(PostProcessing processing) {
        Conv stem = Conv.full("stem", 3, 8, 3, 2, Activation.RELU6);
        List<InvertedResidual> blocks = List.of(
                new InvertedResidual(
                        "block1", Optional.empty(), Conv.depthwise("block1.depthwise", 8, 1, 1, Activation.RELU6),
                        Conv.pointwise("block1.project", 8, 8, Activation.LINEAR), true),
                new InvertedResidual(
                        "block2", Optional.of(Conv.pointwise("block2.expand", 8, 20, Activation.RELU6)),
                        Conv.depthwise("block2.depthwise", 20, 2, 1, Activation.RELU6),
                        Conv.pointwise("block2.project", 20, 12, Activation.LINEAR), false));
        int[] channels = {20, 24, 18, 10};
        List<InvertedResidual> extras = new ArrayList<>();
        for (int i = 1; i <= 2; i++) {
            String name = "extra" + i;
            extras.add(new InvertedResidual(
                    name, Optional.of(Conv.pointwise(name + ".expand", channels[i], channels[i + 1] / 2, Activation.RELU6)),
                    Conv.depthwise(name + ".depthwise", channels[i + 1] / 2, 2, 1, Activation.RELU6),
                    Conv.pointwise(name + ".project", channels[i + 1] / 2, channels[i + 1], Activation.RELU6), false));
        }
        List<SsdLite.Predictor> predictors = new ArrayList<>();
        for (int i = 0; i < channels.length; i++) {
            int anchors = i == 0 ? 3 : 6;
            predictors.add(new SsdLite.Predictor(
                    branch("boxes" + (i + 1), channels[i], anchors * 4, i < 3),
                    branch("classes" + (i + 1), channels[i], anchors * 3, i < 3)));
        }
        SsdLite ssd = new SsdLite(
                "block2.expand", Conv.pointwise("head", 12, 24, Activation.RELU6), extras, predictors, processing);
        return new Network("MobileNetV2, stem 8, 2 blocks, SSDLite head", 32, 32, Padding.SAME, stem, blocks, ssd);
    }

    private static SsdLite.Branch branch(String name, int inputs, int outputs, boolean filters) {
        return new SsdLite.Branch(
                filters ? Optional.of(Conv.depthwise(name + ".depthwise", inputs, 1, 1, Activation.RELU6)) : Optional.empty(),
                Conv.pointwise(name + ".project", inputs, outputs, Activation.LINEAR));
    }

    private static Checkpoint written(TfliteFile file, Network network) {
        Map<String, LayerWeights> weights = new HashMap<>();
        for (Conv conv : network.weighted()) {
            String name = conv.name().equals("head") ? "last" : conv.name();
            float[] stored = values(file, name);
            float[] kernel = new float[stored.length];
            int taps = conv.kernel() * conv.kernel();
            int inputs = conv.inputsPerGroup();
            for (int output = 0; output < conv.outputs(); output++) {
                for (int input = 0; input < inputs; input++) {
                    for (int tap = 0; tap < taps; tap++) {
                        kernel[(output * inputs + input) * taps + tap] = conv.isDepthwise()
                                ? stored[tap * conv.outputs() + output]
                                : stored[(output * taps + tap) * inputs + input];
                    }
                }
            }
            weights.put(conv.name(), LayerWeights.biased(kernel, values(file, name + ".bias")));
        }
        return new Checkpoint(
                network, Weights.of(network, weights), Preprocessing.TF, List.of(),
                new Checkpoint.Source("test", "test", Double.NaN, List.of(), List.of()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void predictionsAreThoseOfTheFilesLayers(boolean operator) {
        TfliteFile file = TfliteFile.detector(operator);
        Checkpoint found = read(file);
        Network network = network(processing(found));
        assertEquals(network, found.network());
        assertEquals(TfliteFile.DETECTED, network.classes());
        Backends.assertPredictions(written(file, network), found);
    }

    @Test
    void postProcessingIsTheFiles() {
        TfliteFile file = TfliteFile.detector(true);
        PostProcessing expected = new PostProcessing(
                Anchors.of(values(file, "anchors")), new BoxCode(8, 9, 4, 5), ScoreFunction.SIGMOID, true,
                new Suppression(0.25, 0.5, false, 2, 100, 10));
        assertEquals(expected, processing(read(file)));
        file.operators.getLast().customOptions = TfliteFile.options(Map.of(
                "use_regular_nms", true, "detections_per_class", 7, "max_classes_per_detection", 1));
        assertEquals(new Suppression(0.25, 0.5, true, 1, 7, 10), processing(read(file)).suppression());
        assertTrue(read(file).source().notes().stream().noneMatch(note -> note.contains("assumed")));
    }

    @Test
    void withoutTheOperatorTensorFlowsIsAssumed() {
        Checkpoint found = read(TfliteFile.detector(false));
        PostProcessing processing = processing(found);
        assertEquals(TfliteFile.ANCHORS, processing.anchors().count());
        assertEquals(0.5 / 16, processing.anchors().y(0), 1e-6);
        assertEquals(0.1, processing.anchors().height(0), 1e-6);
        assertEquals(0.45, processing.anchors().width(16 * 16 * 3), 1e-6);
        assertEquals(BoxCode.PUBLISHED, processing.code());
        assertEquals(ScoreFunction.SIGMOID, processing.scores());
        assertTrue(processing.background());
        assertTrue(processing.suppression().classWise());
        assertTrue(found.source().notes().getFirst().contains("Object Detection API are assumed"));
    }

    @Test
    void predictionsWithoutScoresAreTensorFlows() {
        TfliteFile file = TfliteFile.detector(false);
        file.operators.removeLast();
        file.outputs = new int[] {file.index("box_encodings"), file.index("class_predictions")};
        assertEquals(ScoreFunction.SIGMOID, processing(read(file)).scores());
    }

    @Test
    void scoresOfAllClassesTogetherAreReadToo() {
        TfliteFile file = TfliteFile.detector(true);
        TfliteFile.Operator scores = file.maker("scores");
        scores.code = TfliteOperator.SOFTMAX;
        scores.optionsType = 9;
        scores.options = new int[] {Float.floatToIntBits(1)};
        assertEquals(ScoreFunction.SOFTMAX, processing(read(file)).scores());
    }

    @Test
    void classesMayDoWithoutABackground() {
        TfliteFile file = TfliteFile.detector(true);
        file.operators.getLast().customOptions = TfliteFile.options(Map.of("num_classes", 3));
        Checkpoint found = read(file);
        assertFalse(processing(found).background());
        assertEquals(3, found.network().classes());
    }

    @ParameterizedTest
    @EnumSource(value = TfliteType.class, names = {"UINT8", "INT8"})
    void quantisedDetectorsRunDequantised(TfliteType type) {
        TfliteFile file = TfliteFile.detector(true);
        TfliteFile.Tensor anchors = file.tensor("anchors");
        byte[] values = anchors.data;
        file.quantiseAll(type);
        anchors.type = TfliteType.FLOAT32.ordinal();
        anchors.data = values;
        anchors.scales = new float[0];
        Checkpoint found = read(file);
        assertTrue(found.quantised().isEmpty());
        assertTrue(
                found.source().notes().contains("cannot run in integers: SSDLite head: detectors compute in fp32"),
                found.source().notes().toString());
        Backends.assertPredictions(found, found);
    }

    @ParameterizedTest
    @CsvSource({"a b, a b", "background a b, a b", "a, ''", "a b c d, ''"})
    void labelsAreThoseOfTheFile(String lines, String expected) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(TfliteFile.detector(true).bytes().array());
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("labelmap.txt"));
            zip.write(lines.replace(' ', '\n').getBytes(StandardCharsets.UTF_8));
        }
        Checkpoint found = TfliteReader.read(NAME, ByteBuffer.wrap(bytes.toByteArray()));
        assertEquals(expected.isEmpty() ? List.of() : List.of(expected.split(" ")), found.labels());
    }

    @Test
    void aConvertedDetectorIsTheSame() {
        Checkpoint found = read(TfliteFile.detector(true)).withLabels(List.of("a", "b"));
        Path file = folder.resolve("converted.safetensors");
        SafetensorsWriter.write(file, found);
        Checkpoint again = new PublishedFormats().read(file);
        assertEquals(found.network(), again.network());
        assertEquals(found.labels(), again.labels());
        for (Conv conv : found.network().weighted()) {
            assertArrayEquals(
                    found.weights().layer(conv.name()).kernel(), again.weights().layer(conv.name()).kernel(), conv.name());
        }
    }

    @Test
    @Tag("fuzz")
    void whateverTheDamageOnlyTheDocumentedExceptionIsThrown() {
        MutationFuzz.run(TfliteFile.detector(true).bytes().array(), 5, damaged -> TfliteReader.read(NAME, damaged));
    }

    private static void assertRefused(String expected, Consumer<TfliteFile> change) {
        TfliteFile file = TfliteFile.detector(true);
        change.accept(file);
        String message = assertThrows(InvalidInputException.class, () -> read(file)).getMessage();
        assertTrue(message.startsWith("some.tflite: "), message);
        assertEquals(1, message.lines().count(), message);
        assertTrue(message.contains(expected), message);
    }

    private static Consumer<TfliteFile> option(String name, Object value) {
        return file -> file.operators.getLast().customOptions = TfliteFile.options(Map.of(name, value));
    }

    @Test
    void absurdOptionsAreRefused() {
        String place = "operator " + (TfliteFile.detector(true).operators.size() - 1) + " CUSTOM: ";
        assertRefused(place + "box scale 0.0, expected a positive number", option("y_scale", 0f));
        assertRefused(place + "box scale NaN", option("w_scale", Float.NaN));
        assertRefused(place + "overlap threshold 1.5", option("nms_iou_threshold", 1.5f));
        assertRefused(place + "score threshold -1.0", option("nms_score_threshold", -1f));
        assertRefused(place + "2 classes a box, 100 boxes a class, 0 boxes", option("max_detections", 0));
        assertRefused(place + "-5 classes a box", option("max_classes_per_detection", -5));
        assertRefused(place + "expected num_classes 2, or 3 without a background", option("num_classes", 90));
        assertRefused(place + "expected a number as option h_scale, found another value", option("h_scale", "5"));
        assertRefused(place + "expected a whole number as option max_detections", option("max_detections", 2.5f));
        assertRefused(place + "expected options of 3", file -> file.operators.getLast().customOptions = new byte[0]);
    }

    @Test
    void anchorsThatDoNotFitAreRefused() {
        assertRefused("tensor anchors: expected 1272 anchors, as many as predictions, found 1271", file -> {
            file.tensor("anchors").shape = new int[] {TfliteFile.ANCHORS - 1, 4};
            file.tensor("anchors").data = new byte[(TfliteFile.ANCHORS - 1) * 16];
        });
        assertRefused("tensor anchors: expected anchors of shape [anchors, 4], found [1272, 5]", file ->
                file.tensor("anchors").shape = new int[] {TfliteFile.ANCHORS, 5});
        assertRefused("tensor anchors: anchor 0: 0.0, expected a positive side", file ->
                file.tensor("anchors").data = new byte[TfliteFile.ANCHORS * 16]);
        assertRefused("tensor anchors: expected FLOAT32 values of shape [1272, 4], found 8 bytes", file ->
                file.tensor("anchors").data = new byte[8]);
        assertRefused("1271 anchors for maps of 1272", file -> {
            file.tensor("anchors").shape = new int[] {TfliteFile.ANCHORS - 1, 4};
            file.tensor("anchors").data = Arrays.copyOf(
                    file.tensor("anchors").data, (TfliteFile.ANCHORS - 1) * 16);
            file.tensor("scores").shape = new int[] {1, TfliteFile.ANCHORS - 1, 3};
        });
    }

    @Test
    void graphsThatAreNoDetectorsAreRefused() {
        assertRefused("expected LOGISTIC or SOFTMAX before it", file -> {
            file.operators.remove(file.maker("scores"));
            file.operators.getLast().inputs[1] = file.index("class_predictions");
        });
        assertRefused("tensor scores: expected class predictions of 4 maps", file ->
                file.maker("class_predictions").inputs = Arrays.copyOf(file.maker("class_predictions").inputs, 3));
        assertRefused("CONCATENATION: expected predictions along axis 1, found 4 along axis 2", file ->
                file.maker("box_encodings").options = new int[] {2, TfliteFile.LINEAR});
        assertRefused("CONCATENATION: expected predictions along axis 1, found 0 along axis 1", file -> {
            file.maker("box_encodings").inputs = new int[0];
            file.maker("class_predictions").inputs = new int[0];
        });
        assertRefused("CONCATENATION: expected an input 1, found none", file ->
                file.maker("class_predictions").inputs[1] = TfliteOperator.ABSENT);
        assertRefused("tensor input: expected predictions of a layer, found a tensor that none makes", file ->
                file.operators.getLast().inputs[0] = file.input);
        assertRefused("expected a 1x1 convolution that predicts", file -> {
            TfliteFile.Tensor kernel = file.tensor("boxes4.project");
            kernel.shape = new int[] {24, 3, 3, 10};
            kernel.data = new byte[24 * 9 * 10 * 4];
        });
        assertRefused("expected a depthwise convolution of a block", file -> {
            file.maker("extra1.depthwise.out").code = TfliteOperator.CONV_2D;
            file.maker("extra1.depthwise.out").optionsType = 1;
            file.maker("extra1.depthwise.out").options = new int[] {TfliteFile.SAME, 2, 2, TfliteFile.RELU6};
            file.tensor("extra1.depthwise").shape = new int[] {9, 3, 3, 9};
            file.tensor("extra1.depthwise").data = new byte[9 * 9 * 9 * 4];
        });
        assertRefused("an input 2, found none", file ->
                file.operators.getLast().inputs = new int[] {file.index("box_encodings"), file.index("scores")});
        assertRefused("CONCATENATION: expected two inputs along axis 3", file -> file.operators.getLast().custom = "Other");
    }
}
