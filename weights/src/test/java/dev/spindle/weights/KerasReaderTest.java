package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.MobileNetV1;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.Weights;
import io.jhdf.api.DatasetCreationOptions;
import io.jhdf.api.WritableGroup;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class KerasReaderTest {

    private static final Path NAME = Path.of("some.h5");
    private static final Checkpoint NORMALISED =
            SmallNetwork.normalised(Padding.SAME, SmallNetwork.HEIGHT, SmallNetwork.WIDTH);

    private static Checkpoint read(byte[] file) {
        return PublishedFormats.read(NAME, ByteBuffer.wrap(file));
    }

    private static KerasFile changed(Consumer<KerasFile> change) {
        KerasFile file = KerasFile.of(NORMALISED);
        change.accept(file);
        return file;
    }

    private static String refusal(byte[] file) {
        String message = assertThrows(InvalidInputException.class, () -> read(file)).getMessage();
        assertTrue(message.startsWith("some.h5: "), message);
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    private static void assertRefused(String expected, Consumer<KerasFile> change) {
        String message = refusal(changed(change).whole());
        assertTrue(message.contains(expected), message);
    }

    @ParameterizedTest
    @CsvSource({"weights.h5, 64", "weights.keras, 64", "weights.weights.h5, 224"})
    void logitsAreThoseOfKeras(String fixture, int side) {
        Checkpoint found = new PublishedFormats().read(Fixtures.path("keras-h5/" + fixture));
        assertEquals("Keras", found.source().format());
        assertEquals("keras", found.source().profile());
        assertEquals(1e-3, found.source().epsilon());
        assertEquals(Preprocessing.TF, found.preprocessing());
        assertEquals(262, found.source().tensors().size());
        Network expected = MobileNetV2.builder()
                .widthMultiplier(0.35).classes(10).resolution(side).padding(Padding.SAME).build();
        assertEquals(expected.blocks(), found.network().blocks());
        assertEquals(side, found.network().height());
        Checkpoint sized = new Checkpoint(
                found.network().withResolution(64, 64), found.weights(), found.preprocessing(), List.of(), found.source());
        Fixtures.assertLogits("keras-h5", sized, 1e-4);
        Backends.assertLogits(sized, sized);
    }

    @ParameterizedTest
    @CsvSource({"16, 20", "33, 47", "18, 33"})
    void theModelIsTheOneThatWasWritten(int height, int width) {
        for (Checkpoint expected : List.of(
                SmallNetwork.normalised(Padding.SAME, height, width), SmallNetwork.folded(Padding.SAME, height, width))) {
            KerasFile file = KerasFile.of(expected);
            for (byte[] bytes : List.of(
                    file.whole(), ZipFiles.stored(file.entries()), ZipFiles.deflated(file.entries()))) {
                Checkpoint found = read(bytes);
                SmallNetwork.assertSame(expected, found, 1e-6);
                Backends.assertLogits(expected, found);
            }
        }
    }

    /** Widths whose channels are like those of other layers, and weights without a model in all layouts. */
    @ParameterizedTest
    @CsvSource({"0.1, 4, 1000", "0.25, 8, 3", "0.35, 8, 10", "0.5, 8, 7"})
    void weightsAloneTellTheNetwork(double width, int divisor, int classes) {
        Network network = MobileNetV2.builder()
                .widthMultiplier(width).divisor(divisor).classes(classes).padding(Padding.SAME).build();
        assertWeightsTell(network);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.25, 0.5})
    void theFirstFamilyIsTold(double width) {
        assertWeightsTell(MobileNetV1.builder().widthMultiplier(width).classes(4).build());
    }

    private static void assertWeightsTell(Network network) {
        Checkpoint expected = SmallNetwork.normalised(network);
        KerasFile file = KerasFile.of(expected);
        for (byte[] bytes : List.of(
                file.legacyWeights(1), file.legacyWeights(3), file.weights("layers"),
                file.weights("_layer_checkpoint_dependencies"), file.whole())) {
            Checkpoint found = read(bytes);
            assertEquals(network, found.network());
            SmallNetwork.assertSameWeights(expected, found);
        }
        Checkpoint folded = new Checkpoint(
                network, Weights.random(network, 5), expected.preprocessing(), List.of(), expected.source());
        Checkpoint found = read(KerasFile.of(folded).weights("layers"));
        SmallNetwork.assertSameWeights(folded, found);
        assertTrue(Double.isNaN(found.source().epsilon()));
        assertEquals(
                List.of("weights without a model: strides are those of the paper, 224 pixels are assumed"),
                found.source().notes());
    }

    /** The head of keras.applications.MobileNet: a convolution classifies, and a layer of its own has the softmax. */
    @Test
    void aConvolutionMayClassify() {
        Checkpoint expected = SmallNetwork.normalised(MobileNetV1.builder().widthMultiplier(0.25).classes(4).build());
        KerasFile file = KerasFile.of(expected);
        ObjectNode arguments = file.replace(Network.CLASSIFIER, "Conv2D").put("filters", 4).put("padding", "same");
        arguments.putArray("kernel_size").add(1).add(1);
        file.variables.get(Network.CLASSIFIER).computeIfPresent(
                "kernel", (name, kernel) -> new float[][][][] {{(float[][]) kernel}});
        ArrayNode layers = (ArrayNode) file.config().get("layers");
        String last = Network.CLASSIFIER;
        for (String type : List.of("Reshape", "Activation")) {
            ObjectNode layer = layers.addObject().put("class_name", type).put("name", type);
            layer.putObject("config").put("name", type).put("activation", "softmax");
            layer.putArray("inbound_nodes").addArray().addArray().add(last).add(0).add(0).addObject();
            last = type;
        }
        file.config().putArray("output_layers").addArray().add(last).add(0).add(0);
        for (byte[] bytes : List.of(file.whole(), file.legacyWeights(1), file.weights("layers"))) {
            Checkpoint found = read(bytes);
            assertEquals(expected.network(), found.network());
            SmallNetwork.assertSameWeights(expected, found);
        }
    }

    /** The same model, as other versions and users write it. */
    static Stream<Named<Consumer<KerasFile>>> forms() {
        return Stream.of(
                Named.of("references of Keras 2", KerasReaderTest::referAsKeras2),
                Named.of("a sequential model around it", file -> nest(file, false)),
                Named.of("a functional model around it", file -> nest(file, true)),
                Named.of("activations of other names", file -> {
                    file.replace("head_relu", "Activation").put("activation", "relu6");
                    file.replace("block1.depthwise_relu", "Activation").putObject("activation")
                            .put("class_name", "function").put("config", "relu6");
                    file.replace("block2.depthwise_relu", "Activation").putObject("activation").put("class_name", "ReLU6");
                }),
                Named.of("no activation at the end", file -> file.arguments(Network.CLASSIFIER).remove("activation")),
                Named.of("an average by window", file -> {
                    ObjectNode arguments = file.replace("average", "AveragePooling2D").put("padding", "valid");
                    arguments.putArray("pool_size").add(4).add(5);
                    arguments.putNull("strides");
                }),
                Named.of("arguments as numbers", file -> {
                    file.arguments("stem").put("strides", 2).put("dilation_rate", 1).putNull("data_format");
                    file.arguments("stem_BN").putArray("axis").add(3);
                }),
                Named.of("zeros before the stem", file -> {
                    file.arguments("stem").put("padding", "valid");
                    ObjectNode pad = file.model.objectNode().put("class_name", "ZeroPadding2D").put("name", "pad");
                    ArrayNode zeros = pad.putObject("config").put("name", "pad").putArray("padding");
                    zeros.addArray().add(0).add(1);
                    zeros.addArray().add(0).add(1);
                    pad.set("inbound_nodes", file.layer("stem").get("inbound_nodes"));
                    file.layer("stem").putArray("inbound_nodes").addArray().addArray().add("pad").add(0).add(0);
                    ((ArrayNode) file.config().get("layers")).insert(1, pad);
                }));
    }

    private static void referAsKeras2(KerasFile file) {
        for (JsonNode layer : file.config().get("layers")) {
            List<String> inputs = new ArrayList<>();
            layer.findValues("keras_history").forEach(history -> inputs.add(history.get(0).asText()));
            ArrayNode nodes = ((ObjectNode) layer).putArray("inbound_nodes");
            if (!inputs.isEmpty()) {
                ArrayNode node = nodes.addArray();
                inputs.forEach(input -> node.addArray().add(input).add(0).add(0).addObject());
            }
        }
        ObjectNode picture = file.arguments("picture");
        picture.set("batch_input_shape", picture.remove("batch_shape"));
    }

    /** Puts all layers up to the average into a model of their own. */
    private static void nest(KerasFile file, boolean functional) {
        ObjectNode outer = file.config();
        ArrayNode all = (ArrayNode) outer.remove("layers");
        ObjectNode inner = outer.objectNode().put("class_name", "Functional").put("name", "base");
        ArrayNode first = inner.putObject("config").put("name", "base").putArray("layers");
        ArrayNode second = outer.arrayNode();
        second.addObject().put("class_name", "InputLayer").put("name", "outer_picture").putObject("config")
                .put("name", "outer_picture").set("batch_shape", all.get(0).get("config").get("batch_shape"));
        second.add(inner);
        int average = 0;
        while (!all.get(average).get("name").asText().equals("average")) {
            first.add(all.get(average++));
        }
        ((ObjectNode) inner.get("config")).putArray("output_layers").add(first.get(average - 1).get("name")).add(0).add(0);
        for (int i = average; i < all.size(); i++) {
            second.add(all.get(i));
        }
        inner.putArray("inbound_nodes").addArray().addArray().add("outer_picture").add(0).add(0);
        ((ObjectNode) all.get(average)).putArray("inbound_nodes").addArray().addArray().add("base").add(1).add(0);
        outer.set("layers", second);
        if (!functional) {
            file.model.put("class_name", "Sequential");
            outer.remove(List.of("input_layers", "output_layers"));
            second.forEach(layer -> ((ObjectNode) layer).remove(List.of("inbound_nodes", "name")));
            inner.put("name", "base");
        }
        Map<String, Object> base = new LinkedHashMap<>();
        Iterator<Map.Entry<String, Map<String, Object>>> layers = file.variables.entrySet().iterator();
        while (layers.hasNext()) {
            Map.Entry<String, Map<String, Object>> layer = layers.next();
            if (!layer.getKey().equals(Network.CLASSIFIER)) {
                layer.getValue().forEach((name, values) -> base.put(layer.getKey() + "/" + name, values));
                layers.remove();
            }
        }
        file.variables.put("base", base);
    }

    @ParameterizedTest
    @MethodSource("forms")
    void formsOfOneModelAreThatModel(Consumer<KerasFile> form) {
        SmallNetwork.assertSame(NORMALISED, read(changed(form).whole()), 1e-6);
    }

    @Test
    void layersWithoutFactorsAreNormalised() {
        Checkpoint found = read(changed(file -> {
            file.arguments("stem_BN").put("scale", false).put("center", false);
            file.variables.get("stem_BN").keySet().removeAll(List.of("gamma", "beta"));
        }).whole());
        float[] ones = new float[8];
        Arrays.fill(ones, 1);
        assertEquals(
                Arrays.toString(ones),
                Arrays.toString(found.weights().layer("stem").batchNorm().orElseThrow().gamma()));
        assertEquals(
                Arrays.toString(new float[8]),
                Arrays.toString(found.weights().layer("stem").batchNorm().orElseThrow().beta()));
    }

    @Test
    void whatIsLeftOpenIsAssumedAndSaid() {
        Checkpoint found = read(changed(file -> {
            file.arguments("picture").putArray("batch_shape").addNull().addNull().addNull().add(3);
            ArrayNode zeros = file.arguments("block2.depthwise_pad").putArray("padding");
            zeros.addArray().add(0).add(1);
            zeros.addArray().add(0).add(1);
        }).whole());
        assertEquals(NORMALISED.network().withResolution(224, 224), found.network());
        assertEquals(
                List.of("Keras 2.15.0", "the input's size is left open: 224 pixels are assumed"), found.source().notes());
    }

    @Test
    void modelsThatAreNoClassifiersAreRefused() {
        assertRefused("layer stem: expected a layer of a MobileNet classifier, found LSTM", file -> file.replace("stem", "LSTM"));
        assertRefused("expected linear, relu, relu6 or softmax, found activation \"swish\"", file -> file.arguments("stem")
                .put("activation", "swish"));
        assertRefused("expected a model with one output, found 2", file -> ((ArrayNode) file.config().get("output_layers"))
                .addArray().add("stem").add(0).add(0));
        assertRefused("expected a model with one input, found two", file -> file.layer("stem").put("class_name", "InputLayer")
                .putObject("config").put("name", "stem").putArray("batch_shape").addNull().add(1).add(1).add(3));
        assertRefused("expected an input of [null, height, width, 3], found none", file -> file.replace("picture", "Dropout"));
        assertRefused("expected a sum of two values, found 1 values", file -> file.replace("stem_relu", "Add"));
        assertRefused("found no dense layer", file -> {
            ArrayNode layers = (ArrayNode) file.config().get("layers");
            layers.remove(layers.size() - 1);
            layers.remove(layers.size() - 1);
            file.config().putArray("output_layers").add("average").add(0).add(0);
        });
        assertRefused("expected 0, found threshold 1.0", file -> file.arguments("stem_relu").put("threshold", 1.0));
        assertRefused("expected 0, found negative_slope 0.5", file -> file.arguments("stem_relu").put("negative_slope", 0.5));
        assertRefused("expected a functional or sequential model with layers, found Sequential", file -> nestDeeply(file.model));
    }

    private static void nestDeeply(ObjectNode model) {
        ObjectNode inner = model.put("class_name", "Sequential");
        ((ObjectNode) model.get("config")).putArray("build_input_shape").addNull().add(8).add(8).add(3);
        for (int i = 0; i < 100; i++) {
            ArrayNode layers = ((ObjectNode) inner.get("config")).putArray("layers");
            inner = layers.addObject().put("class_name", "Sequential");
            inner.putObject("config").put("name", "inner");
        }
    }

    @Test
    void argumentsThatDisagreeWithWeightsAreRefused() {
        assertRefused("array model_weights/stem/stem/kernel:0: expected a kernel of shape [3, 3, inputs, 9]", file -> file
                .arguments("stem").put("filters", 9));
        assertRefused("expected a kernel of shape [5, 5, inputs, 8]", file -> file.arguments("stem").put("kernel_size", 5));
        assertRefused("expected a kernel of shape [inputs, 7], found [20, 5]", file -> file.arguments(Network.CLASSIFIER)
                .put("units", 7));
        assertRefused("layer stem: expected its 2 variables among the weights, found 1", file -> file.arguments("stem")
                .put("use_bias", true));
        assertRefused("layer stem: expected its 1 variables among the weights, found 0", file -> file.variables
                .remove("stem"));
        assertRefused("expected channels_last, found data_format \"channels_first\"", file -> file.arguments("stem")
                .put("data_format", "channels_first"));
        assertRefused("expected same or valid, found padding \"causal\"", file -> file.arguments("stem")
                .put("padding", "causal"));
        assertRefused("expected the same for both axes, found strides [1,2]", file -> file.arguments("stem")
                .putArray("strides").add(1).add(2));
        assertRefused("expected an integer for each axis of a map, found strides \"2\"", file -> file.arguments("stem")
                .put("strides", "2"));
        assertRefused("expected one factor a channel, found axis 1", file -> file.arguments("stem_BN").put("axis", 1));
        assertRefused("expected a number, found epsilon \"small\"", file -> file.arguments("stem_BN").put("epsilon", "small"));
        assertRefused("expected true or false, found use_bias 1", file -> file.arguments("stem").put("use_bias", 1));
        assertRefused("expected four integers, found padding [[0,1]]", file -> file.arguments("block2.depthwise_pad")
                .putArray("padding").addArray().add(0).add(1));
    }

    @Test
    void weightsOfOtherNetworksAreRefused() {
        Network network = MobileNetV2.builder().widthMultiplier(0.25).classes(4).padding(Padding.SAME).build();
        KerasFile headless = KerasFile.of(SmallNetwork.normalised(network));
        headless.variables.remove(Network.CLASSIFIER);
        assertEquals(
                "some.h5: weights: expected a classifier behind the convolutions (include_top=True), found none",
                refusal(headless.weights("layers")));
        KerasFile more = KerasFile.of(SmallNetwork.normalised(network));
        more.variables.put("dropout", Map.of("kernel", new float[2][3]));
        assertTrue(refusal(more.legacyWeights(1)).contains("only the layers of a MobileNet classifier, found more"));
        more.variables.put("dropout", Map.of("kernel", new float[2][3][4]));
        assertTrue(refusal(more.legacyWeights(1)).contains("array dropout/dropout/kernel:0: expected the kernel of"));
        KerasFile other = KerasFile.of(SmallNetwork.normalised(network));
        other.variables.get("block3.depthwise_BN").put("beta", new float[3]);
        assertTrue(refusal(other.weights("layers")).contains("layers/batch_normalization_7/vars/1: expected shape ["));
        other.variables.remove("stem");
        assertTrue(refusal(other.weights("layers")).contains("layers/conv2d/vars/0: expected shape [3, 3, 3, "));
        assertTrue(refusal(KerasFile.of(NORMALISED).weights("layers")).contains("7 stages of equal channels"));
    }

    @Test
    void otherHdf5IsRefused() {
        byte[] other = KerasFile.hdf(file -> file.putGroup("a").putDataset("b", new int[] {1, 2}));
        assertEquals(
                "some.h5: HDF5: expected the weights of a Keras model, with layer_names or layers, found the groups [a]",
                refusal(other));
        byte[] integers = KerasFile.hdf(file -> file.putGroup("layers").putGroup("dense").putGroup("vars")
                .putDataset("0", new int[2][3]));
        assertTrue(refusal(integers).startsWith("some.h5: weights: expected a convolution, found no more"), refusal(integers));
        byte[] chunks = KerasFile.hdf(file -> {
            WritableGroup layers = file.putGroup("layers");
            layers.putGroup("conv2d").putGroup("vars").putDataset(
                    "0", new float[3][3][3][8], DatasetCreationOptions.builder().chunkDimensions(3, 3, 3, 8).build());
            layers.putGroup("dense").putGroup("vars").putDataset("0", new float[8][2]);
        });
        assertTrue(refusal(chunks).contains("array layers/conv2d/vars/0: expected floating-point numbers in one piece"));
        byte[] deep = KerasFile.hdf(file -> {
            WritableGroup group = file.putGroup("layers");
            for (int i = 0; i < 20; i++) {
                group = group.putGroup("layers");
            }
        });
        assertTrue(refusal(deep).contains("expected at most 16 groups around it, found more"));
        byte[] nameless = KerasFile.hdf(file -> file.putAttribute("layer_names", new String[] {"a"}));
        assertEquals("some.h5: layer a: expected a group of this name, found none", refusal(nameless));
        byte[] missing = KerasFile.hdf(file -> {
            file.putAttribute("layer_names", new String[] {"a"});
            file.putGroup("a").putAttribute("weight_names", new String[] {"a/b/c:0"});
        });
        assertEquals("some.h5: group a: expected an array a/b/c:0, found none", refusal(missing));
    }

    @Test
    void onlyKerasHasBothEntries() {
        Map<String, byte[]> entries = KerasFile.of(NORMALISED).entries();
        assertTrue(KerasReader.recognises(NAME, ByteBuffer.wrap(ZipFiles.stored(entries))));
        assertEquals(List.of("Keras 3.15.1"), read(ZipFiles.stored(entries)).source().notes());
        entries.put("config.json", "{".getBytes(StandardCharsets.UTF_8));
        assertTrue(refusal(ZipFiles.stored(entries)).startsWith("some.h5: config.json: expected JSON, found "));
        entries.put("model.weights.h5", new byte[9]);
        assertEquals(
                "some.h5: entry model.weights.h5: expected an HDF5 file, found something else",
                refusal(ZipFiles.stored(entries)));
        entries.remove("model.weights.h5");
        assertFalse(KerasReader.recognises(NAME, ByteBuffer.wrap(ZipFiles.stored(entries))));
        assertFalse(KerasReader.recognises(NAME, ByteBuffer.allocate(4)));
    }

    @Test
    void truncatedFilesAreRefused() {
        Mutations.truncate(ZipFiles.deflated(KerasFile.of(NORMALISED).entries()), part -> PublishedFormats.read(NAME, part));
        Mutations.truncate(Fixtures.bytes("keras-h5/weights.weights.h5"), part -> PublishedFormats.read(NAME, part));
    }

    @Tag("fuzz")
    @Test
    void damagedModelsAreRefusedOrRead() {
        MutationFuzz.run(KerasFile.of(NORMALISED).whole(), 31, content -> KerasReader.read(NAME, content));
    }

    @Tag("fuzz")
    @Test
    void damagedWeightsAreRefusedOrRead() {
        Network network = MobileNetV2.builder().widthMultiplier(0.1).divisor(4).classes(2).padding(Padding.SAME).build();
        KerasFile file = KerasFile.of(SmallNetwork.normalised(network));
        MutationFuzz.run(file.weights("layers"), 32, content -> KerasReader.read(NAME, content));
    }

    /** As the library of the HDF Group writes them: other versions of most structures than jHDF writes. */
    @Tag("fuzz")
    @Test
    void damagedFilesOfKerasAreRefusedOrRead() {
        MutationFuzz.run(Fixtures.bytes("keras-h5/weights.h5"), 33, content -> KerasReader.read(NAME, content));
    }

    @Tag("fuzz")
    @Test
    void damagedConfigurationsAreRefusedOrRead() {
        KerasFile file = KerasFile.of(NORMALISED);
        Hdf5.Group root = Hdf5.read(NAME, ByteBuffer.wrap(file.weights("layers")));
        MutationFuzz.run(file.model.toString().getBytes(StandardCharsets.UTF_8), 34, content -> {
            String json = StandardCharsets.UTF_8.decode(content).toString();
            KerasConfig.Result model = KerasConfig.read(NAME, "config.json", json);
            GraphLayers.find(KerasGraph.translate(NAME, model, KerasWeights.of(NAME, root)));
        });
    }
}
