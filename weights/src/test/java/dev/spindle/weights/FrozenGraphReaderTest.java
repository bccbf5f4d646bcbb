package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.weights.schema.TensorFlow.AttrValue;
import dev.spindle.weights.schema.TensorFlow.DataType;
import dev.spindle.weights.schema.TensorFlow.NodeDef;
import dev.spindle.weights.schema.TensorFlow.TensorProto;
import dev.spindle.weights.schema.TensorFlow.TensorShapeProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FrozenGraphReaderTest {

    private static final Path NAME = Path.of("some.pb");
    private static final Checkpoint NORMALISED =
            SmallNetwork.normalised(Padding.SAME, SmallNetwork.HEIGHT, SmallNetwork.WIDTH);

    private static Checkpoint read(FrozenFile file) {
        return FrozenGraphReader.read(NAME, file.bytes());
    }

    private static FrozenFile changed(Consumer<FrozenFile> change) {
        FrozenFile file = FrozenFile.of(NORMALISED);
        change.accept(file);
        return file;
    }

    private static void assertRefused(String expected, Consumer<FrozenFile> change) {
        ByteBuffer bytes = changed(change).bytes();
        String message =
                assertThrows(InvalidInputException.class, () -> FrozenGraphReader.read(NAME, bytes)).getMessage();
        assertTrue(message.startsWith("some.pb: ") && message.contains(expected), message);
        assertEquals(1, message.lines().count(), message);
    }

    @ParameterizedTest
    @CsvSource({"16, 20", "33, 47", "18, 33"})
    void theNetworkIsTheOneThatWasWritten(int height, int width) {
        for (Checkpoint expected : List.of(
                SmallNetwork.normalised(Padding.SAME, height, width), SmallNetwork.folded(Padding.SAME, height, width))) {
            Checkpoint found = PublishedFormats.read(NAME, FrozenFile.of(expected).bytes());
            SmallNetwork.assertSame(expected, found, 1e-6);
            Backends.assertLogits(expected, found);
            assertEquals("TensorFlow frozen graph", found.source().format());
            assertEquals("tf", found.preprocessing().name());
        }
        assertEquals(SmallNetwork.EPSILON, read(FrozenFile.of(NORMALISED)).source().epsilon());
    }

    /** TensorFlow's own network: its weights come from the fixture's TensorFlow Lite file. */
    @Test
    void logitsAreThoseOfTensorFlow() {
        Checkpoint fixture = new PublishedFormats().read(Fixtures.path("tflite-float/weights.tflite"));
        Checkpoint found = read(FrozenFile.of(fixture));
        assertEquals(fixture.network(), found.network());
        Fixtures.assertLogits("tflite-float", found, 1e-4);
    }

    /** The same network, as other versions and tools write it. */
    static Stream<Named<Consumer<FrozenFile>>> forms() {
        return Stream.of(
                Named.of("names", file -> file.graph.getNodeBuilderList().forEach(FrozenGraphReaderTest::rename)),
                Named.of("another order", file -> {
                    List<NodeDef> nodes = List.copyOf(file.graph.getNodeList());
                    file.graph.clearNode().addAllNode(nodes.reversed());
                }),
                Named.of("a mean", file -> {
                    file.integerConstant("axes", 2, -3);
                    file.node("Logits/AvgPool").setOp("Mean").addInput("axes");
                }),
                Named.of("a product and a sum", file -> {
                    file.node("Logits/Conv2d_1c_1x1/Conv2D").setOp("MatMul").clearAttr();
                    file.change("Logits/Conv2d_1c_1x1/weights", tensor -> tensor.setTensorShape(
                            FrozenFile.shape(NORMALISED.network().features(), SmallNetwork.CLASSES)));
                    NodeDef.Builder sum = file.node("Logits/Conv2d_1c_1x1/BiasAdd").setOp("AddV2");
                    List<String> inputs = sum.getInputList();
                    sum.clearInput().addAllInput(inputs.reversed());
                }),
                Named.of("bounds in two", file -> {
                    file.constant("six", TensorProto.newBuilder().setDtype(DataType.DT_FLOAT).addFloatVal(6));
                    file.node("Conv/Relu6").setOp("Relu").setName("relu");
                    file.node("Minimum", FrozenFile.SCOPE + "Conv/Relu6", "relu", "six");
                }),
                Named.of("zeros as a node", file -> {
                    file.integerConstant("zeros", 0, 0, 0, 1, 0, 1, 0, 0);
                    file.change("zeros", tensor -> tensor.setTensorShape(FrozenFile.shape(4, 2)));
                    file.node("Pad", "padded", FrozenFile.INPUT, "zeros");
                    file.node("Conv/Conv2D").setInput(0, "padded").putAttr("padding", FrozenFile.text("VALID"));
                }),
                Named.of("zeros in the convolution", file -> file.node("Conv/Conv2D")
                        .putAttr("padding", FrozenFile.text("EXPLICIT"))
                        .putAttr("explicit_paddings", FrozenFile.integers(0, 0, 0, 1, 0, 1, 0, 0))),
                Named.of("fake quantisation", file -> {
                    file.node("FakeQuantWithMinMaxVars", "quantised", FrozenFile.SCOPE + "Conv/Relu6", "lowest", "highest");
                    file.node("expanded_conv/input").setInput(0, "quantised");
                    file.node("FakeQuantWithMinMaxArgs", "kernel", FrozenFile.SCOPE + "Conv/weights/read");
                    file.node("Conv/Conv2D").setInput(1, "kernel");
                }),
                Named.of("a normalisation and factors", file -> {
                    String conv = FrozenFile.SCOPE + "Conv/";
                    for (String[] factor : new String[][] {{"half", "0.5"}, {"two", "2"}}) {
                        file.constant(factor[0], TensorProto.newBuilder()
                                .setDtype(DataType.DT_FLOAT)
                                .setTensorShape(FrozenFile.shape(1, 1, 1, 8))
                                .addFloatVal(Float.parseFloat(factor[1])));
                    }
                    file.node("Mul", "halved", conv + "BatchNorm/FusedBatchNorm", "half");
                    file.node("Mul", "doubled", "halved", "two");
                    file.node("Conv/Relu6").setInput(0, "doubled");
                }),
                Named.of("nodes beside it", file -> {
                    file.node("NoOp", "init").addInput("^" + FrozenFile.INPUT);
                    file.node("ArgMax", "best", FrozenFile.SOFTMAX, "axis");
                    file.node("Conv/Conv2D").addInput("^init");
                }),
                Named.of("no softmax", file -> {
                    for (String name : List.of("Softmax", "Shape", "Reshape_1", "Reshape")) {
                        NodeDef node = file.node("Predictions/" + name).build();
                        file.graph.removeNode(file.graph.getNodeList().indexOf(node));
                    }
                }),
                Named.of("values in lists", file -> eachConstant(file, DataType.DT_FLOAT)),
                Named.of("double precision", file -> eachConstant(file, DataType.DT_DOUBLE)));
    }

    @ParameterizedTest
    @MethodSource("forms")
    void formsOfOneNetworkAreThatNetwork(Consumer<FrozenFile> form) {
        SmallNetwork.assertSame(NORMALISED, read(changed(form)), 1e-6);
    }

    @ParameterizedTest
    @CsvSource({"DT_HALF, 0.01", "DT_BFLOAT16, 0.1"})
    void halfPrecisionIsReadWithinItsRounding(DataType type, double tolerance) {
        SmallNetwork.assertSame(NORMALISED, read(changed(file -> eachConstant(file, type))), tolerance);
    }

    private static void rename(NodeDef.Builder node) {
        node.setName(renamed(node.getName()));
        for (int i = 0; i < node.getInputCount(); i++) {
            node.setInput(i, renamed(node.getInput(i)));
        }
    }

    private static String renamed(String name) {
        boolean numbered = name.endsWith(":0");
        return "n" + (numbered ? name.substring(0, name.length() - 2) : name).hashCode() + (numbered ? ":0" : "");
    }

    private static void eachConstant(FrozenFile file, DataType type) {
        for (NodeDef.Builder node : file.graph.getNodeBuilderList()) {
            if (node.getOp().equals("Const") && !node.getName().contains("Reshape")) {
                TensorProto found = node.getAttrOrThrow("value").getTensor();
                TensorProto.Builder tensor =
                        TensorProto.newBuilder().setDtype(type).setTensorShape(found.getTensorShape());
                ByteBuffer bytes = found.getTensorContent().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
                while (bytes.hasRemaining()) {
                    add(tensor, bytes.getFloat());
                }
                node.putAttr("value", AttrValue.newBuilder().setTensor(tensor).build());
            }
        }
    }

    private static void add(TensorProto.Builder tensor, float value) {
        switch (tensor.getDtype()) {
            case DT_FLOAT -> tensor.addFloatVal(value);
            case DT_DOUBLE -> tensor.addDoubleVal(value);
            case DT_HALF -> tensor.addHalfVal(Short.toUnsignedInt(Float.floatToFloat16(value)));
            default -> tensor.addHalfVal(Float.floatToIntBits(value) >>> 16);
        }
    }

    @Test
    void fakeQuantisationIsSaid() {
        Checkpoint checkpoint = read(changed(file -> {
            file.node("FakeQuantWithMinMaxArgs", "quantised", FrozenFile.INPUT);
            file.node("Conv/Conv2D").setInput(0, "quantised");
        }));
        assertEquals(List.of("fake quantisation is left out"), checkpoint.source().notes());
    }

    @Test
    void oneValueStandsForAllBehindIt() {
        for (int given : new int[] {0, 1, 3}) {
            Checkpoint checkpoint = read(changed(file -> file.change("Conv/BatchNorm/gamma", tensor -> {
                tensor.clearTensorContent();
                for (int i = 0; i < given; i++) {
                    tensor.addFloatVal(1.5f);
                }
            })));
            assertEquals(
                    given == 0 ? "[0.0, 0.0]" : "[1.5, 1.5]",
                    Arrays.toString(Arrays.copyOfRange(
                            checkpoint.weights().layer("stem").batchNorm().orElseThrow().gamma(), 6, 8)));
        }
        assertRefused("expected F32 values of shape [1, 1, 12, 1000], found 1 values", file -> file.change(
                "Conv_1/weights",
                tensor -> tensor.clearTensorContent().addFloatVal(1).setTensorShape(FrozenFile.shape(1, 1, 12, 1000))));
    }

    @Test
    void whatIsLeftOpenIsAssumedAndSaid() {
        Network expected = NORMALISED.network().withResolution(224, 224);
        for (TensorShapeProto shape : List.of(
                FrozenFile.shape(-1, -1, -1, 3), TensorShapeProto.newBuilder().setUnknownRank(true).build())) {
            Checkpoint checkpoint = read(changed(file -> {
                file.node(FrozenFile.INPUT).putAttr("shape", AttrValue.newBuilder().setShape(shape).build());
                file.integerConstant("axes", 1, 2);
                file.node("Logits/AvgPool").setOp("Mean").addInput("axes");
            }));
            assertEquals(expected, checkpoint.network());
            assertEquals(
                    List.of("the input's size is left open: 224 pixels are assumed"), checkpoint.source().notes());
        }
    }

    @Test
    void graphsThatAreNoClassifiersAreRefused() {
        assertRefused("found ResizeBilinear", file -> file.node("Conv/Relu6").setOp("ResizeBilinear"));
        assertRefused("found Resize?Bilinear", file -> file.node("Conv/Relu6").setOp("Resize\nBilinear"));
        assertRefused("expected one node of this name, found two", file -> file.node("NoOp", FrozenFile.SOFTMAX));
        assertRefused("one Placeholder that the output comes from, found none", file -> file.node(FrozenFile.INPUT)
                .setOp("Shape"));
        assertRefused("one Placeholder that the output comes from, found 2: node input Placeholder, node more", file -> {
            file.node("Placeholder", "more");
            file.node("Predictions/Reshape").setInput(1, "more");
        });
        assertRefused("one softmax, or one node that no other reads, found 3: ", file -> {
            file.node("Softmax", "second", "x");
            file.node("Relu", "third", "x");
        });
        assertRefused("expected an input in floating point, found DT_UINT8", file -> file.node(FrozenFile.INPUT)
                .putAttr("dtype", FrozenFile.type(DataType.DT_UINT8)));
        assertRefused("found 3 axes", file -> file.node(FrozenFile.INPUT)
                .putAttr("shape", AttrValue.newBuilder().setShape(FrozenFile.shape(1, 2, 3)).build()));
        assertRefused("expected an acyclic graph", file -> file.node("Conv/weights/read")
                .setInput(0, FrozenFile.SCOPE + "Conv/weights/read"));
        assertRefused("one Placeholder that the output comes from, found none", file -> file.node("Conv_1/Conv2D")
                .setInput(0, FrozenFile.SCOPE + "Conv_1/Relu6"));
    }

    @Test
    void operationsWithOtherParametersAreRefused() {
        assertRefused("one of strides for both axes, found 1 and 2", file -> file.node("Conv/Conv2D")
                .putAttr("strides", FrozenFile.integers(1, 1, 2, 1)));
        assertRefused("strides of [1, height, width, 1], found [2, 2]", file -> file.node("Conv/Conv2D")
                .putAttr("strides", FrozenFile.integers(2, 2)));
        assertRefused("stride 0, expected 1 or 2", file -> file.node("Conv/Conv2D").removeAttr("strides"));
        assertRefused("padding SAME or VALID, found FULL", file -> file.node("Conv/Conv2D")
                .putAttr("padding", FrozenFile.text("FULL")));
        assertRefused("paddings of height and width, found 0 numbers", file -> file.node("Conv/Conv2D")
                .putAttr("padding", FrozenFile.text("EXPLICIT")));
        assertRefused("data_format NHWC, found NCHW", file -> file.node("Conv/Conv2D")
                .putAttr("data_format", FrozenFile.text("NCHW")));
        assertRefused("batch normalisation at inference", file -> file.node("Conv/BatchNorm/FusedBatchNorm")
                .removeAttr("is_training"));
        assertRefused("an average over the whole map of 4x5, found a filter of 4x4", file -> file.node("Logits/AvgPool")
                .putAttr("ksize", FrozenFile.integers(1, 4, 4, 1)));
        assertRefused("a constant as input 1", file -> file.node("Conv/Conv2D").setInput(1, FrozenFile.INPUT));
        assertRefused("an input 1, found none", file -> file.node("Conv/Conv2D")
                .clearInput()
                .addInput(FrozenFile.INPUT));
        assertRefused("an average over axes 1 and 2, found [1]", file -> {
            file.integerConstant("axes", 1);
            file.node("Logits/AvgPool").setOp("Mean").addInput("axes");
        });
    }

    @Test
    void tensorsOfOtherFormsAreRefused() {
        assertRefused("expected F32 values of shape [3, 3, 3, 8], found 4 bytes", file -> file.change(
                "Conv/weights", tensor -> tensor.setTensorContent(ByteString.copyFrom(new byte[4]))));
        assertRefused("expected floating-point values, found DT_STRING", file -> file.change(
                "Conv/weights", tensor -> tensor.setDtype(DataType.DT_STRING)));
        assertRefused("a kernel of 4 axes, found [2]", file -> file.change(
                "Conv/weights", tensor -> tensor.setTensorShape(FrozenFile.shape(2))));
        assertRefused("a shape of at most 8 sizes", file -> file.change(
                "Conv/weights", tensor -> tensor.setTensorShape(FrozenFile.shape(1, 1, 1L << 33))));
    }

    @Test
    void otherProtobufIsNotTakenForAGraph() {
        assertTrue(FrozenGraphReader.recognises(NAME, FrozenFile.of(NORMALISED).bytes()));
        assertFalse(FrozenGraphReader.recognises(NAME, OnnxFile.of(NORMALISED).bytes()));
        assertFalse(OnnxReader.recognises(NAME, FrozenFile.of(NORMALISED).bytes()));
        assertFalse(FrozenGraphReader.recognises(NAME, StandardCharsets.UTF_8.encode("\n\u0005hello and more")));
        assertFalse(FrozenGraphReader.recognises(NAME, ByteBuffer.allocate(0)));
    }

    @Tag("fuzz")
    @Test
    void damagedFilesAreRefusedOrRead() {
        MutationFuzz.run(
                FrozenFile.of(NORMALISED).graph.build().toByteArray(), 22, content -> FrozenGraphReader.read(NAME, content));
    }
}
