package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Precision;
import dev.spindle.Segmentation;
import dev.spindle.Segmenter;
import dev.spindle.Session;
import dev.spindle.image.Image;
import dev.spindle.image.ImageDecoder;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.Sampling;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import io.jhdf.api.WritableGroup;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentationFilesTest {

    private static final Path NAME = Path.of("some.tflite");

    @TempDir
    private Path folder;

    private static Checkpoint read(TfliteFile file) {
        return TfliteReader.read(NAME, file.bytes());
    }

    private static Stream<KernelCandidate> backends() {
        return Kernels.all().stream().filter(KernelCandidate::supported);
    }

    @Test
    void findsTheHeadOfATensorFlowLiteGraph() {
        Checkpoint found = read(TfliteFile.segmentation(false));
        DeepLab top = (DeepLab) found.network().top();
        assertEquals(Conv.pointwise("aspp", 6, 7, Activation.RELU), top.aspp());
        assertEquals(Conv.pointwise("image_pooling", 6, 5, Activation.RELU), top.imagePooling());
        assertEquals(Conv.pointwise("projection", 12, 9, Activation.RELU), top.projection());
        assertEquals(Conv.pointwise("logits", 9, 3, Activation.LINEAR), top.logits());
        assertTrue(top.pooledFirst());
        assertEquals(Sampling.ALIGN_CORNERS, top.sampling());
        assertEquals(3, found.network().blocks().size());
        assertEquals(2, found.network().blocks().getLast().depthwise().dilation());
        assertEquals(4, found.network().outputStride());
        Backends.assertLogits(found, found);
    }

    @Test
    void aConvolutionOfGridsIsDilated() {
        Checkpoint dilated = read(TfliteFile.segmentation(false));
        Checkpoint cut = read(TfliteFile.segmentation(true));
        assertEquals(dilated.network(), cut.network());
        SmallNetwork.assertSameWeights(dilated, cut);
    }

    /** Branches of other scales than what they are joined to, and grids. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bytesAreTheSameOnAllBackends(boolean cut) {
        Checkpoint found = read(TfliteFile.quantisedSegmentation(TfliteType.UINT8, cut));
        assertTrue(found.quantised().isPresent(), found.source().notes().toString());
        byte[] pixels = new byte[24 * 24 * 3];
        new Random(5).nextBytes(pixels);
        byte[] expected = mask(found, "scalar", pixels);
        backends().filter(backend -> Kernels.byName(backend.name()).quantised().isPresent())
                .forEach(backend -> assertArrayEquals(expected, mask(found, backend.name(), pixels), backend.name()));
    }

    private static byte[] mask(Checkpoint checkpoint, String backend, byte[] pixels) {
        Options options = Options.DEFAULT.withBackend(backend).withPrecision(Precision.INT8);
        try (Model model = Model.of(checkpoint, options); Session session = model.newSession()) {
            byte[] mask = new byte[24 * 24];
            session.segment(pixels, mask);
            return mask;
        }
    }

    @Test
    void signedBytesOfSeveralScalesRunDequantised() {
        Checkpoint found = read(TfliteFile.quantisedSegmentation(TfliteType.INT8, false));
        assertTrue(found.quantised().isEmpty());
        assertTrue(found.source().notes().getLast().endsWith("signed bytes of several scales"), found.source().toString());
    }

    private static void assertRefused(String expected, Consumer<TfliteFile> change) {
        TfliteFile file = TfliteFile.segmentation(false);
        change.accept(file);
        String message = assertThrows(InvalidInputException.class, () -> read(file)).getMessage();
        assertTrue(message.startsWith(NAME + ": ") && message.contains(expected), message);
    }

    private static void put(TfliteFile file, String tensor, int index, int value) {
        ByteBuffer.wrap(file.tensor(tensor).data).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(4 * index, value);
    }

    @Test
    void otherHeadsAreRefused() {
        assertRefused("expected logits enlarged to the input's 24x24, found 12x24",
                file -> put(file, "enlarged.size", 0, 12));
        assertRefused("expected a map of 6x6, as the branches are joined", file -> put(file, "pooled.size", 1, 7));
        assertRefused("expected an average over the whole map of 6x6",
                file -> file.maker("average").options = new int[] {TfliteFile.VALID, 1, 1, 5, 5, TfliteFile.LINEAR});
        assertRefused("expected axis 3, found 2", file -> put(file, "axis", 0, 2));
        assertRefused("expected two inputs along axis 3, found 2 along axis 1",
                file -> file.maker("joined").options = new int[] {1, TfliteFile.LINEAR});
        assertRefused("expected aligned corners or half-pixel centres, found both",
                file -> file.maker("enlarged").options = new int[] {0, 0, 1, 1});
        assertRefused("expected a branch of a map and one of its average, found others",
                file -> file.maker("image_pooling.out").inputs[0] = file.index("block3.sum"));
    }

    @ParameterizedTest
    @CsvSource({"UINT8, false", "FLOAT32, false", "FLOAT32, true"})
    void safetensorsGiveTheSameBack(String type, boolean fold) {
        Checkpoint written = type.equals("FLOAT32")
                ? SmallNetwork.normalised(SmallNetwork.segmenting(Padding.SYMMETRIC, 33, 26))
                : read(TfliteFile.quantisedSegmentation(TfliteType.UINT8, false));
        Path file = folder.resolve("net.safetensors");
        SafetensorsWriter.write(file, fold ? written.folded() : written);
        Checkpoint found = new PublishedFormats().read(file);
        assertEquals(written.network(), found.network());
        assertEquals(written.quantised().isPresent(), found.quantised().isPresent());
        SmallNetwork.assertSameWeights(fold ? written.folded() : written, found);
        if (written.quantised().isPresent()) {
            assertEquals(written.quantised().get().concatenation(), found.quantised().get().concatenation());
            byte[] pixels = new byte[24 * 24 * 3];
            new Random(6).nextBytes(pixels);
            assertArrayEquals(mask(written, "scalar", pixels), mask(found, "scalar", pixels));
        } else {
            Backends.assertLogits(written, found);
        }
    }

    /** As the Keras DeepLab names and orders them; its backbone keeps an output stride of 8. */
    @ParameterizedTest
    @ValueSource(strings = {"logits_semantic", "custom_logits_semantic"})
    void kerasWeightsAreFoundByTheirNames(String logits) {
        Network backbone =
                MobileNetV2.builder().widthMultiplier(0.1).divisor(4).resolution(512).outputStride(8)
                        .padding(Padding.SAME).build();
        int channels = backbone.channels();
        DeepLab top = new DeepLab(
                Conv.pointwise("aspp", channels, 11, Activation.RELU),
                Conv.pointwise("image_pooling", channels, 10, Activation.RELU),
                Conv.pointwise("projection", 21, 9, Activation.RELU),
                Conv.pointwise("logits", 9, 21, Activation.LINEAR), true, Sampling.ALIGN_CORNERS);
        Network network = new Network(
                "MobileNetV2 0.1, DeepLabv3 head", 512, 512, Padding.SAME, backbone.stem(), backbone.blocks(), top);
        Checkpoint written = SmallNetwork.normalised(network);
        Checkpoint found = PublishedFormats.read(Path.of("some.h5"), ByteBuffer.wrap(keras(written, logits)));
        assertEquals(network, found.network());
        SmallNetwork.assertSameWeights(written, found);
        assertEquals("bird", found.labels().get(3));
        assertEquals(1e-3, found.weights().layer("stem").batchNorm().orElseThrow().epsilon());
        assertEquals(1e-5, found.weights().layer("projection").batchNorm().orElseThrow().epsilon());
    }

    private static byte[] keras(Checkpoint checkpoint, String logits) {
        Map<String, String> names = new LinkedHashMap<>(Map.of(
                "stem", "Conv", "aspp", "aspp0", "image_pooling", "image_pooling", "projection", "concat_projection",
                "logits", logits));
        for (int i = 0; i < checkpoint.network().blocks().size(); i++) {
            for (String part : List.of("expand", "depthwise", "project")) {
                names.put("block" + (i + 1) + "." + part, "expanded_conv_" + (i == 0 ? "" : i + "_") + part);
            }
        }
        return KerasFile.hdf(file -> {
            List<String> layers = new ArrayList<>();
            for (Conv conv : checkpoint.network().convolutions()) {
                LayerWeights weights = checkpoint.weights().layer(conv.name());
                String name = names.get(conv.name());
                Map<String, Object> values = new LinkedHashMap<>();
                values.put(conv.isDepthwise() ? "depthwise_kernel" : "kernel", conv.isDepthwise()
                        ? KerasFile.depthwiseKernel(weights.kernel(), conv.outputs(), 3)
                        : KerasFile.kernel(weights.kernel(), conv.inputs(), conv.outputs(), conv.kernel()));
                weights.bias().ifPresent(bias -> values.put("bias", bias));
                layers.add(put(file, name, values));
                if (weights.batchNorm().isPresent()) {
                    BatchNorm norm = weights.batchNorm().get();
                    Map<String, Object> parts = new LinkedHashMap<>();
                    parts.put("gamma", norm.gamma());
                    parts.put("beta", norm.beta());
                    parts.put("moving_mean", norm.mean());
                    parts.put("moving_variance", norm.variance());
                    layers.add(put(file, name + "_BN", parts));
                }
            }
            file.putAttribute("layer_names", layers.toArray(String[]::new));
        });
    }

    private static String put(WritableGroup root, String layer, Map<String, Object> values) {
        WritableGroup group = root.putGroup(layer);
        WritableGroup inner = group.putGroup(layer);
        values.forEach((name, array) -> inner.putDataset(name + ":0", array));
        group.putAttribute(
                "weight_names", values.keySet().stream().map(name -> layer + "/" + name + ":0").toArray(String[]::new));
        return layer;
    }

    private static Path shared(String name) {
        Path file = Path.of(System.getProperty("spindle.shared", "")).resolve(name);
        assumeTrue(Files.exists(file), file + " is not there");
        return file;
    }

    /** All pixels in integers, and in fp32 but for half a percent, on every backend. */
    @Test
    void theBirdsMaskIsThatOfTensorFlowLite() {
        Checkpoint checkpoint = new PublishedFormats().read(shared("models/deeplabv3_mnv2_pascal_quant.tflite"));
        Image expected = ImageDecoder.decode(shared("models/deeplabv3_mnv2_pascal_quant.bird_513.mask.png"));
        Image photo = ImageDecoder.decode(shared("photos/bird_513.png"));
        backends().forEach(backend -> {
            boolean integers = Kernels.byName(backend.name()).quantised().isPresent();
            for (Precision precision : integers ? List.of(Precision.INT8, Precision.FP32) : List.of(Precision.FP32)) {
                Options options = Options.DEFAULT.withBackend(backend.name()).withPrecision(precision);
                try (Model model = Model.of(checkpoint, options)) {
                    Segmentation found = new Segmenter(model).segment(photo);
                    int wrong = 0;
                    for (int i = 0; i < 513 * 513; i++) {
                        wrong += found.classOf(i % 513, i / 513) == (expected.pixel(i % 513, i / 513) & 0xff) ? 0 : 1;
                    }
                    int most = precision == Precision.INT8 ? 0 : 513 * 513 / 200;
                    assertTrue(wrong <= most, backend.name() + " " + precision + ": " + wrong + " pixels differ");
                }
            }
        });
    }
}
