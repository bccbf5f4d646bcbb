package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Padding;
import dev.spindle.weights.schema.Onnx.AttributeProto;
import dev.spindle.weights.schema.Onnx.ModelProto;
import dev.spindle.weights.schema.Onnx.NodeProto;
import dev.spindle.weights.schema.Onnx.StringStringEntryProto;
import dev.spindle.weights.schema.Onnx.TensorProto;
import dev.spindle.weights.schema.Onnx.TensorProto.DataLocation;
import dev.spindle.weights.schema.Onnx.TensorProto.DataType;
import dev.spindle.weights.schema.Onnx.ValueInfoProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxReaderTest {

    private static final Path NAME = Path.of("some.onnx");
    private static final Checkpoint NORMALISED =
            SmallNetwork.normalised(Padding.SYMMETRIC, SmallNetwork.HEIGHT, SmallNetwork.WIDTH);

    @TempDir
    private Path folder;

    private static Checkpoint read(OnnxFile file) {
        return OnnxReader.read(NAME, file.bytes());
    }

    private static OnnxFile changed(Consumer<OnnxFile> change) {
        OnnxFile file = OnnxFile.of(NORMALISED);
        change.accept(file);
        return file;
    }

    private static void assertRefused(String expected, Consumer<OnnxFile> change) {
        ByteBuffer bytes = changed(change).bytes();
        String message = assertThrows(InvalidInputException.class, () -> OnnxReader.read(NAME, bytes)).getMessage();
        assertTrue(message.startsWith("some.onnx: ") && message.contains(expected), message);
        assertEquals(1, message.lines().count(), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"onnx/weights-batchnorm.onnx", "onnx/weights-folded.onnx"})
    void logitsAreThoseOfTheExporter(String fixture) {
        Checkpoint checkpoint = new PublishedFormats().read(Fixtures.path(fixture));
        assertEquals(
                MobileNetV2.builder().widthMultiplier(0.35).resolution(64).classes(10).build(), checkpoint.network());
        assertEquals("ONNX", checkpoint.source().format());
        assertEquals(fixture.contains("folded") ? Double.NaN : 1e-5, checkpoint.source().epsilon());
        assertTrue(checkpoint.source().notes().contains("producer: pytorch 2.13.0"));
        assertEquals("torch", checkpoint.preprocessing().name());
        Fixtures.assertLogits("onnx", checkpoint, 1e-4);
        Backends.assertLogits(checkpoint, checkpoint);
    }

    @ParameterizedTest
    @CsvSource({"SYMMETRIC, 16, 20", "SAME, 16, 20", "SYMMETRIC, 33, 47", "SAME, 18, 33"})
    void paddingIsWhatTheGraphPads(Padding padding, int height, int width) {
        for (Checkpoint expected :
                List.of(SmallNetwork.normalised(padding, height, width), SmallNetwork.folded(padding, height, width))) {
            Checkpoint found = read(OnnxFile.of(expected));
            SmallNetwork.assertSame(expected, found, 1e-6);
            Backends.assertLogits(expected, found);
        }
    }

    @Test
    void onOddSizesTheConventionsAgree() {
        Checkpoint found = read(OnnxFile.of(SmallNetwork.normalised(Padding.SAME, 33, 65)));
        SmallNetwork.assertSame(SmallNetwork.normalised(Padding.SYMMETRIC, 33, 65), found, 1e-6);
    }

    /** The same network, as different exporters write it. */
    static Stream<Named<Consumer<OnnxFile>>> forms() {
        return Stream.of(
                Named.of("other names", OnnxReaderTest::rename),
                Named.of("bounds as attributes", file -> file.all("Clip").forEach(name -> file.maker(name)
                        .clearInput()
                        .addInput(name.replace(".activated", ".normalised"))
                        .addAttribute(OnnxFile.number("min", 0))
                        .addAttribute(OnnxFile.number("max", 6)))),
                Named.of("bounds in two", file -> file.all("Clip").forEach(name -> file.replace(name, edit -> {
                    edit.node("Relu", name + ".half", name.replace(".activated", ".normalised"));
                    edit.node("Min", name, name + ".half", "highest");
                }))),
                Named.of("bounds from nodes", file -> {
                    file.constant("highest").setName("unused");
                    List<NodeProto> rest = List.copyOf(file.graph.getNodeList());
                    file.graph.clearNode();
                    file.node("Constant", "six").addAttribute(OnnxFile.number("value_float", 6));
                    file.node("Identity", "highest", "six");
                    file.graph.addAllNode(rest);
                }),
                Named.of("two averages", file -> {
                    file.replace("pool", edit -> edit.node("ReduceMean", "pool", "head.activated")
                            .addAttribute(OnnxFile.integers("axes", 3))
                            .addAttribute(OnnxFile.integer("keepdims", 0)));
                    file.replace("features", edit -> edit.node("ReduceMean", "features", "pool", edit.longs("axis", -1))
                            .addAttribute(OnnxFile.integer("keepdims", 0)));
                }),
                Named.of("a window of the whole map", file -> file.replace(
                        "pool",
                        edit -> edit.node("AveragePool", "pool", "head.activated")
                                .addAttribute(OnnxFile.integers("kernel_shape", 4, 5)))),
                Named.of("a computed shape", OnnxReaderTest::computeShape),
                Named.of("a squeeze", file -> file.maker("features").setOpType("Squeeze").addInput(file.longs("axes", 2, 3))),
                Named.of("a product and a sum", file -> file.replace(OnnxFile.OUTPUT, edit -> {
                    edit.node("Transpose", "matrix", "classifier.weight").addAttribute(OnnxFile.integers("perm", 1, 0));
                    edit.node("MatMul", "product", "features", "matrix");
                    edit.node("Add", OnnxFile.OUTPUT, "classifier.bias", "product");
                })),
                Named.of("factors", file -> {
                    scale(file.constant("classifier.weight"), 2);
                    scale(file.constant("classifier.bias"), 4);
                    file.maker(OnnxFile.OUTPUT)
                            .addAttribute(OnnxFile.number("alpha", 0.5f))
                            .addAttribute(OnnxFile.number("beta", 0.25f));
                }),
                Named.of("a convolution as classifier", file -> {
                    file.constant("classifier.weight").addDims(1).addDims(1);
                    file.replace("features", edit -> {});
                    file.replace(OnnxFile.OUTPUT, edit -> {
                        edit.node("Conv", "scores", "pool", "classifier.weight", "classifier.bias");
                        edit.node("Flatten", OnnxFile.OUTPUT, "scores");
                    });
                }),
                Named.of("channels last outside", file -> {
                    file.input(1, SmallNetwork.HEIGHT, SmallNetwork.WIDTH, 3);
                    List<NodeProto> rest = List.copyOf(file.graph.getNodeList());
                    file.graph.clearNode();
                    file.node("Transpose", "first", OnnxFile.INPUT).addAttribute(OnnxFile.integers("perm", 0, 3, 1, 2));
                    file.graph.addAllNode(rest);
                    file.maker("stem").setInput(0, "first");
                    file.replace("pool", edit -> {
                        edit.node("Transpose", "last", "head.activated").addAttribute(OnnxFile.integers("perm", 0, 2, 3, 1));
                        edit.node("ReduceMean", "pool", "last", edit.longs("axes", 1, 2));
                    });
                }),
                Named.of("zeros as nodes", file -> file.all("Conv").forEach(OnnxReaderTest.padded(file))),
                Named.of("training's and types' nodes", file -> {
                    file.node("Softmax", "probabilities", OnnxFile.OUTPUT).addAttribute(OnnxFile.integer("axis", -1));
                    file.node("Cast", "answer", "probabilities").addAttribute(OnnxFile.integer("to", DataType.FLOAT_VALUE));
                    file.graph.getOutputBuilder(0).setName("answer");
                    file.replace("features", edit -> {
                        edit.node("Dropout", "dropped", "pool");
                        edit.node("Identity", "same", "dropped");
                        edit.node("Flatten", "features", "same");
                    });
                }),
                Named.of("normalisation as factor and shift", file -> file.all("BatchNormalization")
                        .forEach(name -> splitNormalisation(file, name))),
                Named.of("a normalisation and factors", file -> file.replace("stem.normalised", edit -> {
                    edit.graph.addNode(OnnxFile.of(NORMALISED).maker("stem.normalised").setOutput(0, "stem.once"));
                    edit.node("Mul", "stem.half", "stem.once", edit.floats("halves", filled(8, 0.5f), 1, 8, 1, 1));
                    edit.node("Mul", "stem.normalised", edit.floats("twos", filled(8, 2), 8, 1, 1), "stem.half");
                })),
                Named.of("nodes that nothing comes of", file -> {
                    file.node("LSTM", "unused", "head.activated");
                    file.graph.addInput(ValueInfoProto.newBuilder().setName("stem.weight"));
                }),
                Named.of("values in lists", file -> eachFloat(file, OnnxReaderTest::list)),
                Named.of("double precision", file -> eachFloat(file, OnnxReaderTest::widen)));
    }

    @ParameterizedTest
    @MethodSource("forms")
    void formsOfOneNetworkAreThatNetwork(Consumer<OnnxFile> form) {
        Checkpoint found = read(changed(form));
        SmallNetwork.assertSame(NORMALISED, found, 1e-6);
    }

    @ParameterizedTest
    @CsvSource({"FLOAT16, true, 0.01", "FLOAT16, false, 0.01", "BFLOAT16, true, 0.1", "BFLOAT16, false, 0.1"})
    void halfPrecisionIsReadWithinItsRounding(DataType type, boolean raw, double tolerance) {
        OnnxFile file = changed(found -> eachFloat(found, tensor -> halve(tensor, type, raw)));
        file.graph.getInputBuilder(0).getTypeBuilder().getTensorTypeBuilder().setElemType(type.getNumber());
        Checkpoint checkpoint = read(file);
        SmallNetwork.assertSame(NORMALISED, checkpoint, tolerance);
        assertEquals(type.name(), checkpoint.source().tensors().getFirst().type());
    }

    private static void rename(OnnxFile file) {
        file.graph.getInputBuilder(0).setName("0");
        file.graph.getOutputBuilder(0).setName("out put/1");
        for (NodeProto.Builder node : file.graph.getNodeBuilderList()) {
            node.clearName();
            for (int i = 0; i < node.getInputCount(); i++) {
                node.setInput(i, renamed(node.getInput(i)));
            }
            node.setOutput(0, renamed(node.getOutput(0)));
        }
        file.graph.getInitializerBuilderList().forEach(tensor -> tensor.setName(renamed(tensor.getName())));
    }

    private static String renamed(String name) {
        return switch (name) {
            case OnnxFile.INPUT -> "0";
            case OnnxFile.OUTPUT -> "out put/1";
            default -> "onnx::" + name.hashCode();
        };
    }

    /** As older exporters flatten: the batch is asked for, the rest is -1. */
    private static void computeShape(OnnxFile file) {
        file.replace("features", edit -> {
            edit.node("Shape", "shape", "pool");
            edit.node("Constant", "zero").addAttribute(OnnxFile.integer("value_int", 0));
            edit.node("Gather", "batch", "shape", "zero");
            edit.node("Unsqueeze", "batches", "batch").addAttribute(OnnxFile.integers("axes", 0));
            edit.node("Concat", "target", "batches", edit.longs("rest", -1)).addAttribute(OnnxFile.integer("axis", 0));
            edit.node("Reshape", "features", "pool", "target");
        });
    }

    /** Takes the zeros out of a convolution, into a node before it, whose zeros are inputs or, as they once were, attributes. */
    private static Consumer<String> padded(OnnxFile file) {
        return name -> file.replace(name, edit -> {
            NodeProto conv = OnnxFile.of(NORMALISED).maker(name).build();
            NodeProto.Builder bare = conv.toBuilder().clearAttribute().setInput(0, name + ".padded");
            boolean early = name.startsWith("block1");
            NodeProto.Builder pad = edit.node("Pad", name + ".padded", conv.getInput(0));
            for (AttributeProto attribute : conv.getAttributeList()) {
                if (attribute.getName().equals("pads")) {
                    long zeros = attribute.getInts(0);
                    long[] pads = {0, 0, zeros, zeros, 0, 0, zeros, zeros};
                    if (early) {
                        pad.addAttribute(OnnxFile.integers("pads", pads));
                    } else {
                        pad.addInput(edit.longs(name + ".pads", pads)).addInput("lowest");
                    }
                } else {
                    bare.addAttribute(attribute);
                }
            }
            edit.graph.addNode(bare);
        });
    }

    private static void splitNormalisation(OnnxFile file, String name) {
        String layer = name.replace(".normalised", "");
        float[] gamma = values(file.constant(layer + ".gamma"));
        float[] beta = values(file.constant(layer + ".beta"));
        float[] mean = values(file.constant(layer + ".mean"));
        float[] variance = values(file.constant(layer + ".variance"));
        for (int i = 0; i < gamma.length; i++) {
            gamma[i] /= (float) Math.sqrt(variance[i] + SmallNetwork.EPSILON);
            beta[i] -= mean[i] * gamma[i];
        }
        file.replace(name, edit -> {
            edit.node("Mul", layer + ".scaled", layer, edit.floats(layer + ".factor", gamma, gamma.length, 1, 1));
            edit.node("Add", name, layer + ".scaled", edit.floats(layer + ".shift", beta, 1, beta.length, 1, 1));
        });
    }

    private static float[] filled(int length, float value) {
        float[] values = new float[length];
        Arrays.fill(values, value);
        return values;
    }

    private static float[] values(TensorProto.Builder tensor) {
        ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[raw.remaining() / Float.BYTES];
        raw.asFloatBuffer().get(values);
        return values;
    }

    private static void scale(TensorProto.Builder tensor, float factor) {
        float[] values = values(tensor);
        ByteBuffer raw = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            raw.putFloat(value * factor);
        }
        tensor.setRawData(ByteString.copyFrom(raw.flip()));
    }

    private static void eachFloat(OnnxFile file, Consumer<TensorProto.Builder> change) {
        file.graph.getInitializerBuilderList().stream()
                .filter(tensor -> tensor.getDataType() == DataType.FLOAT_VALUE)
                .forEach(change);
    }

    private static void list(TensorProto.Builder tensor) {
        for (float value : values(tensor)) {
            tensor.addFloatData(value);
        }
        tensor.clearRawData();
    }

    private static void widen(TensorProto.Builder tensor) {
        for (float value : values(tensor)) {
            tensor.addDoubleData(value);
        }
        tensor.clearRawData().setDataType(DataType.DOUBLE_VALUE);
    }

    private static void halve(TensorProto.Builder tensor, DataType type, boolean raw) {
        float[] values = values(tensor);
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            boolean ieee = type == DataType.FLOAT16;
            bytes.putShort(ieee ? Float.floatToFloat16(value) : (short) (Float.floatToIntBits(value) >>> 16));
        }
        tensor.setDataType(type.getNumber()).clearRawData();
        bytes.flip();
        if (raw) {
            tensor.setRawData(ByteString.copyFrom(bytes));
        } else {
            while (bytes.hasRemaining()) {
                tensor.addInt32Data(Short.toUnsignedInt(bytes.getShort()));
            }
        }
    }

    @Test
    void automaticPaddingIsThatOfTensorFlow() {
        Checkpoint expected = SmallNetwork.normalised(Padding.SAME, SmallNetwork.HEIGHT, SmallNetwork.WIDTH);
        OnnxFile file = OnnxFile.of(expected);
        for (String name : file.all("Conv")) {
            NodeProto.Builder node = file.maker(name);
            node.removeAttribute(2).addAttribute(OnnxFile.text("auto_pad", name.contains("project") ? "VALID" : "SAME_UPPER"));
        }
        Checkpoint found = read(file);
        SmallNetwork.assertSame(expected, found, 1e-6);
        assertEquals("tf", found.preprocessing().name());
        assertEquals("tensorflow", found.source().profile());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsLeftOpenIsAssumedAndSaid(boolean ranked) {
        OnnxFile file = changed(found -> found.input(0, 0, 0, 0));
        if (!ranked) {
            file.graph.getInputBuilder(0).getTypeBuilder().getTensorTypeBuilder().clearShape();
        }
        file.model.addMetadataProps(StringStringEntryProto.newBuilder().setKey("author").setValue("some\none"));
        Checkpoint checkpoint = read(file);
        assertEquals(NORMALISED.network().withResolution(224, 224), checkpoint.network());
        assertEquals(
                List.of("producer: pytorch 2.0", "operator set: 17",
                        "the input's size is left open: 224 pixels are assumed", "author: some?one"),
                checkpoint.source().notes());
    }

    @Test
    void externalDataAreReadFromTheModelsFolder() throws IOException {
        Path model = folder.resolve("models/some.onnx");
        Files.createDirectories(model.getParent().resolve("data"));
        OnnxFile file = changed(found -> moveOut(found, "data/weights.bin", model.resolveSibling("data/weights.bin")));
        Files.write(model, file.model.build().toByteArray());
        SmallNetwork.assertSame(NORMALISED, new PublishedFormats().read(model), 1e-6);
    }

    private static void moveOut(OnnxFile file, String location, Path target) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        eachFloat(file, tensor -> {
            byte[] raw = tensor.getRawData().toByteArray();
            tensor.clearRawData()
                    .setDataLocation(DataLocation.EXTERNAL)
                    .addExternalData(entry("location", location))
                    .addExternalData(entry("offset", String.valueOf(out.size())));
            if (raw.length % 8 == 0) {
                tensor.addExternalData(entry("length", String.valueOf(raw.length)));
            }
            out.writeBytes(raw);
        });
        try {
            Files.write(target, out.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "../weights.bin | 0 | 864 | a file of external data in the model's folder, found ../weights.bin",
                "/etc/hostname | 0 | 864 | a file of external data in the model's folder, found /etc/hostname",
                "link.bin | 0 | 864 | external data in the model's folder, found link.bin",
                "none.bin | 0 | 864 | a file of external data in the model's folder, found none.bin",
                "inside.bin | 1 | 864 | 864 bytes within the 864 of inside.bin, found 864 from offset 1",
                "inside.bin | 0 | 860 | 864 bytes within the 864 of inside.bin, found 860 from offset 0",
                "inside.bin | -1 | 864 | an offset of external data of at least 0, found -1",
                "inside.bin | 0 | x | an length of external data of at least 0, found x",
                "inside.bin | 9223372036854775807 | 864 | found 864 from offset 9223372036854775807"
            })
    void externalDataElsewhereAreRefused(String location, String offset, String length, String expected)
            throws IOException {
        Path models = Files.createDirectory(folder.resolve("models"));
        Files.write(folder.resolve("weights.bin"), new byte[864]);
        Files.write(models.resolve("inside.bin"), new byte[864]);
        Files.createSymbolicLink(models.resolve("link.bin"), folder.resolve("weights.bin"));
        OnnxFile file = changed(found -> found.constant("stem.weight")
                .clearRawData()
                .setDataLocation(DataLocation.EXTERNAL)
                .addExternalData(entry("location", location))
                .addExternalData(entry("offset", offset))
                .addExternalData(entry("length", length)));
        Path model = Files.write(models.resolve("some.onnx"), file.model.build().toByteArray());
        String message = assertThrows(InvalidInputException.class, () -> new PublishedFormats().read(model)).getMessage();
        assertTrue(message.startsWith(model + ": tensor stem.weight: ") && message.endsWith(expected), message);
    }

    @Test
    void externalDataAreNowhereBesideWhatIsNoFile() {
        assertRefused("expected values in the file, found values beside it, in x", file -> file.constant("stem.weight")
                .setDataLocation(DataLocation.EXTERNAL)
                .addExternalData(entry("location", "x")));
    }

    @Test
    void graphsThatAreNoClassifiersAreRefused() {
        assertRefused("node head Resize: expected an operator of a MobileNet", file -> file.maker("head").setOpType("Resize"));
        assertRefused("found com.microsoft.Conv", file -> file.maker("head").setDomain("com.microsoft"));
        assertRefused(
                "quantised networks are read from TensorFlow Lite files only, found QLinearConv",
                file -> file.maker("head").setOpType("QLinearConv"));
        assertRefused("outputs of the graph: expected one", file -> file.graph.clearOutput());
        assertRefused("inputs of the graph: expected one, found 0", file -> file.graph.clearInput());
        assertRefused("expected an input in floating point, found UINT8", file -> file.graph
                .getInputBuilder(0).getTypeBuilder().getTensorTypeBuilder().setElemType(DataType.UINT8_VALUE));
        assertRefused("expected an input of four axes", file -> file.input(3, 64, 64));
        assertRefused("at most 8192 pixels a side", file -> file.input(1, 3, 1L << 40, 64));
        assertRefused("expected one layer that reads it, found none", file -> file.graph.getOutputBuilder(0).setName("x"));
        assertRefused("expected one node that makes stem, found two", file -> file.node("Relu", "stem", "head"));
        assertRefused("expected nodes in execution order", file -> file.maker("stem").setInput(0, "head.activated"));
        assertRefused("tensor block1.depthwise.weight: expected one layer that uses it", file -> file
                .maker("block3.depthwise")
                .setInput(1, "block1.depthwise.weight"));
        assertRefused("expected an operator of a MobileNet classifier, found RandomNormal", file -> {
            file.maker("head").setInput(0, "noise");
            file.replace("head", edit -> {
                edit.node("RandomNormal", "noise");
                edit.node("Relu", "head", "noise");
            });
        });
    }

    @Test
    void operatorsWithOtherParametersAreRefused() {
        assertRefused("one of strides for both axes, found [1, 2]", file -> attribute(file, "stem", "strides", 1, 2));
        assertRefused("stride 3, expected 1 or 2", file -> attribute(file, "stem", "strides", 3, 3));
        assertRefused("a dilation of 1 to 64, found 65", file -> attribute(file, "stem", "dilations", 65, 65));
        assertRefused("four pads, found 2", file -> attribute(file, "stem", "pads", 1, 1));
        assertRefused("zeros as all other layers have them", file -> attribute(file, "stem", "pads", 2, 2, 2, 2));
        assertRefused("in one group", file -> file.maker("stem").setAttribute(0, OnnxFile.integer("group", 2)));
        assertRefused("auto_pad NOTSET, VALID or SAME_UPPER", file -> file.maker("stem")
                .addAttribute(OnnxFile.text("auto_pad", "SAME_LOWER")));
        assertRefused("transA 0, found 1", file -> file.maker(OnnxFile.OUTPUT).addAttribute(OnnxFile.integer("transA", 1)));
        assertRefused("bounds of ReLU or ReLU6, found 0.0 to 7.0", file -> scale(file.constant("highest"), 7 / 6f));
        assertRefused("bounds behind a convolution", file -> file.maker("stem.activated")
                .setInput(1, "highest")
                .setInput(2, "lowest"));
        assertRefused("data with channels as last axis, found NCHW", file -> file.maker(OnnxFile.OUTPUT).setInput(0, "pool"));
        assertRefused("softmax over classes", file -> {
            file.node("Softmax", "answer", OnnxFile.OUTPUT).addAttribute(OnnxFile.integer("axis", 0));
            file.graph.getOutputBuilder(0).setName("answer");
        });
        assertRefused("an average over height and width of NCHW, found one over axis 1", file -> file.replace(
                "pool",
                edit -> edit.node("ReduceMean", "pool", "head.activated").addAttribute(OnnxFile.integers("axes", 1, 2))));
        assertRefused("a permutation of 4 axes", file -> file.replace(
                "pool",
                edit -> edit.node("Transpose", "pool", "head.activated")
                        .addAttribute(OnnxFile.integers("perm", 0, 1, 2, 2))));
        assertRefused("at inference", file -> file.maker("stem.normalised").addAttribute(OnnxFile.integer("training_mode", 1)));
        assertRefused("one input that is no constant, found 2", file -> file.maker("head").setInput(1, "stem"));
        assertRefused("a constant as input 1, found a value that is computed", file -> file.replace("head", edit -> {
            edit.node("Concat", "joined", "block1.project.weight", "block2.project.weight");
            edit.node("Conv", "head", "block3", "joined");
        }));
    }

    private static void attribute(OnnxFile file, String node, String name, long... values) {
        NodeProto.Builder builder = file.maker(node);
        List<AttributeProto> others = builder.getAttributeList().stream()
                .filter(attribute -> !attribute.getName().equals(name))
                .toList();
        builder.clearAttribute().addAllAttribute(others).addAttribute(OnnxFile.integers(name, values));
    }

    @Test
    void tensorsOfOtherFormsAreRefused() {
        assertRefused("tensor head.weight: expected F32 values of shape", file -> file.constant("head.weight").clearRawData());
        assertRefused("tensor head.weight: expected floating-point values, found STRING", file -> file.constant("head.weight")
                .setDataType(DataType.STRING_VALUE));
        assertRefused("found type 99", file -> file.constant("head.weight").setDataType(99));
        assertRefused("a shape of at most 8 sizes", file -> file.constant("head.weight").addDims(-1));
        assertRefused("a kernel of 4 axes", file -> file.constant("head.weight").addDims(1));
        assertRefused("F32 values of shape [2147483647, 12, 1, 1], found 960 bytes", file -> file.constant("head.weight")
                .setDims(0, Integer.MAX_VALUE));
    }

    @Test
    void absurdMessagesAreRefused() {
        ModelProto.Builder empties = ModelProto.newBuilder().setIrVersion(8);
        for (int i = 0; i < 600_000; i++) {
            empties.getGraphBuilder().addNode(NodeProto.getDefaultInstance());
        }
        ByteBuffer content = empties.build().toByteString().asReadOnlyByteBuffer();
        String message = assertThrows(
                        InvalidInputException.class, () -> OnnxReader.read(NAME, content))
                .getMessage();
        assertTrue(message.contains("expected at most 500000 parts, found more"), message);
        assertFalse(OnnxReader.recognises(NAME, ByteBuffer.wrap(new byte[] {8, 0, 0x3a, 0})));
        assertFalse(OnnxReader.recognises(NAME, ByteBuffer.wrap(new byte[] {8, 1, 0x12, 9})));
    }

    @Tag("fuzz")
    @Test
    void damagedFilesAreRefusedOrRead() {
        byte[] file = changed(found -> OnnxReaderTest.computeShape(found)).model.build().toByteArray();
        MutationFuzz.run(file, 21, content -> OnnxReader.read(NAME, content));
    }
}
