package dev.spindle.weights;

import com.google.protobuf.ByteString;
import dev.spindle.Checkpoint;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import dev.spindle.weights.schema.TensorFlow.AttrValue;
import dev.spindle.weights.schema.TensorFlow.DataType;
import dev.spindle.weights.schema.TensorFlow.GraphDef;
import dev.spindle.weights.schema.TensorFlow.NodeDef;
import dev.spindle.weights.schema.TensorFlow.TensorProto;
import dev.spindle.weights.schema.TensorFlow.TensorShapeProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;

/** Writes networks as frozen graphs, the way that TensorFlow Slim has them, which tests then change. */
final class FrozenFile {

    static final String SCOPE = "MobilenetV2/";
    static final String INPUT = "input";
    static final String SOFTMAX = SCOPE + "Predictions/Softmax";

    final GraphDef.Builder graph = GraphDef.newBuilder();
    private final Checkpoint checkpoint;

    private FrozenFile(Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
    }

    static FrozenFile of(Checkpoint checkpoint) {
        FrozenFile file = new FrozenFile(checkpoint);
        file.write(checkpoint.network());
        return file;
    }

    private void write(Network network) {
        node("Placeholder", INPUT)
                .putAttr("dtype", type(DataType.DT_FLOAT))
                .putAttr("shape", AttrValue.newBuilder().setShape(shape(-1, network.height(), network.width(), 3)).build());
        String last = convolution(network.stem(), "Conv", INPUT);
        int number = 0;
        for (InvertedResidual block : network.blocks()) {
            String scope = "expanded_conv" + (number == 0 ? "" : "_" + number) + "/";
            number++;
            node("Identity", SCOPE + scope + "input", last);
            String input = last;
            last = SCOPE + scope + "input";
            if (block.expand().isPresent()) {
                last = convolution(block.expand().get(), scope + "expand", last);
                node("Identity", SCOPE + scope + "expansion_output", last);
                last = SCOPE + scope + "expansion_output";
            }
            last = convolution(block.depthwise(), scope + "depthwise", last);
            last = convolution(block.project(), scope + "project", last);
            if (block.residual()) {
                node("Add", SCOPE + scope + "add", last, input);
                last = SCOPE + scope + "add";
            }
            node("Identity", SCOPE + scope + "output", last);
            last = SCOPE + scope + "output";
        }
        last = convolution(network.head().orElseThrow(), "Conv_1", last);
        classifier(network, last);
    }

    private void classifier(Network network, String head) {
        int height = network.height();
        int width = network.width();
        for (Conv conv : network.convolutions()) {
            height = Padding.outputSize(height, conv.stride());
            width = Padding.outputSize(width, conv.stride());
        }
        String pool = SCOPE + "Logits/AvgPool";
        node("AvgPool", pool, head)
                .putAttr("ksize", integers(1, height, width, 1))
                .putAttr("strides", integers(1, 2, 2, 1))
                .putAttr("padding", text("VALID"));
        LayerWeights dense = checkpoint.weights().layer(Network.CLASSIFIER);
        String scope = SCOPE + "Logits/Conv2d_1c_1x1/";
        node("Identity", SCOPE + "Logits/Dropout/Identity", pool);
        node(
                        "Conv2D",
                        scope + "Conv2D",
                        SCOPE + "Logits/Dropout/Identity",
                        variable(scope + "weights", transposed(dense.kernel(), network.classes()), 1, 1,
                                network.features(), network.classes()))
                .putAttr("strides", integers(1, 1, 1, 1))
                .putAttr("padding", text("SAME"));
        node(
                "BiasAdd", scope + "BiasAdd", scope + "Conv2D",
                variable(scope + "biases", dense.bias().orElseThrow(), network.classes()));
        node("Squeeze", SCOPE + "Logits/Squeeze", scope + "BiasAdd");
        node("Identity", SCOPE + "Logits/output", SCOPE + "Logits/Squeeze");
        integerConstant(SCOPE + "Predictions/Reshape/shape", -1, network.classes());
        node("Reshape", SCOPE + "Predictions/Reshape", SCOPE + "Logits/output", SCOPE + "Predictions/Reshape/shape");
        node("Softmax", SOFTMAX, SCOPE + "Predictions/Reshape");
        node("Shape", SCOPE + "Predictions/Shape", SCOPE + "Logits/output:0");
        node("Reshape", SCOPE + "Predictions/Reshape_1", SOFTMAX, SCOPE + "Predictions/Shape");
    }

    private String convolution(Conv conv, String scope, String input) {
        LayerWeights layer = checkpoint.weights().layer(conv.name());
        String prefix = SCOPE + scope + "/";
        int size = conv.kernel();
        int inputs = conv.inputsPerGroup();
        float[] kernel = transposed(layer.kernel(), conv.outputs() * inputs);
        String convolved = prefix + (conv.isDepthwise() ? "depthwise" : "Conv2D");
        // [outputs][inputs][height * width] is [height * width][outputs][inputs] by now.
        String weights = conv.isDepthwise()
                ? variable(prefix + "depthwise_weights", kernel, size, size, conv.outputs(), 1)
                : variable(prefix + "weights", swapped(kernel, conv.outputs(), inputs), size, size, inputs, conv.outputs());
        node(conv.isDepthwise() ? "DepthwiseConv2dNative" : "Conv2D", convolved, input, weights)
                .putAttr("strides", integers(1, conv.stride(), conv.stride(), 1))
                .putAttr("dilations", integers(1, conv.dilation(), conv.dilation(), 1))
                .putAttr("data_format", text("NHWC"))
                .putAttr("padding", text("SAME"));
        String last = convolved;
        if (layer.bias().isPresent()) {
            last = prefix + "BiasAdd";
            node("BiasAdd", last, convolved, variable(prefix + "biases", layer.bias().get(), conv.outputs()));
        }
        if (layer.batchNorm().isPresent()) {
            BatchNorm norm = layer.batchNorm().get();
            last = prefix + "BatchNorm/FusedBatchNorm";
            node(
                            "FusedBatchNorm",
                            last,
                            convolved,
                            variable(prefix + "BatchNorm/gamma", norm.gamma(), conv.outputs()),
                            variable(prefix + "BatchNorm/beta", norm.beta(), conv.outputs()),
                            variable(prefix + "BatchNorm/moving_mean", norm.mean(), conv.outputs()),
                            variable(prefix + "BatchNorm/moving_variance", norm.variance(), conv.outputs()))
                    .putAttr("epsilon", AttrValue.newBuilder().setF((float) norm.epsilon()).build())
                    .putAttr("is_training", AttrValue.newBuilder().setB(false).build());
        }
        if (conv.activation() != Activation.LINEAR) {
            node("Relu6", prefix + "Relu6", last);
            last = prefix + "Relu6";
        }
        return last;
    }

    /** Swaps two axes, {@code [rows][columns]}. */
    private static float[] transposed(float[] values, int rows) {
        int columns = values.length / rows;
        float[] transposed = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            transposed[i % columns * rows + i / columns] = values[i];
        }
        return transposed;
    }

    /** Swaps the two inner axes, {@code [...][rows][columns]}. */
    private static float[] swapped(float[] values, int rows, int columns) {
        float[] swapped = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            int within = i % (rows * columns);
            swapped[i - within + within % columns * rows + within / columns] = values[i];
        }
        return swapped;
    }

    /** Adds a constant, and the node through which graphs read what was a variable. */
    private String variable(String name, float[] values, long... sizes) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        constant(name, TensorProto.newBuilder()
                .setDtype(DataType.DT_FLOAT)
                .setTensorShape(shape(sizes))
                .setTensorContent(ByteString.copyFrom(bytes)));
        node("Identity", name + "/read", name);
        return name + "/read";
    }

    void integerConstant(String name, int... values) {
        TensorProto.Builder tensor =
                TensorProto.newBuilder().setDtype(DataType.DT_INT32).setTensorShape(shape(values.length));
        for (int value : values) {
            tensor.addIntVal(value);
        }
        constant(name, tensor);
    }

    void constant(String name, TensorProto.Builder tensor) {
        node("Const", name)
                .putAttr("dtype", type(tensor.getDtype()))
                .putAttr("value", AttrValue.newBuilder().setTensor(tensor).build());
    }

    NodeDef.Builder node(String operation, String name, String... inputs) {
        return graph.addNodeBuilder().setOp(operation).setName(name).addAllInput(List.of(inputs));
    }

    /** The node of this name, without the scope of all. */
    NodeDef.Builder node(String name) {
        return graph.getNodeBuilderList().stream()
                .filter(node -> node.getName().equals(SCOPE + name) || node.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Changes the value of a constant. */
    void change(String name, Consumer<TensorProto.Builder> change) {
        TensorProto.Builder tensor = node(name).getAttrOrThrow("value").getTensor().toBuilder();
        change.accept(tensor);
        node(name).putAttr("value", AttrValue.newBuilder().setTensor(tensor).build());
    }

    static TensorShapeProto shape(long... sizes) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long size : sizes) {
            shape.addDimBuilder().setSize(size);
        }
        return shape.build();
    }

    static AttrValue type(DataType type) {
        return AttrValue.newBuilder().setType(type).build();
    }

    static AttrValue text(String value) {
        return AttrValue.newBuilder().setS(ByteString.copyFromUtf8(value)).build();
    }

    static AttrValue integers(long... values) {
        AttrValue.ListValue.Builder list = AttrValue.ListValue.newBuilder();
        for (long value : values) {
            list.addI(value);
        }
        return AttrValue.newBuilder().setList(list).build();
    }

    ByteBuffer bytes() {
        return graph.build().toByteString().asReadOnlyByteBuffer();
    }
}
