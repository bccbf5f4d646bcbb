package dev.spindle.bench;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.UnsafeByteOperations;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.Weights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Writes a network as an ONNX model, as an exporter of PyTorch would: fp32, NCHW, operator set 13, one node an
 * operation. Batch normalisation that is not folded stays a node of its own, which runtimes fold when they load.
 *
 * @see <a href="https://onnx.ai/onnx/operators/">ONNX operators</a>
 */
final class OnnxExport {

    /** The model's input, {@code [batch][3][height][width]}. */
    static final String INPUT = "input";

    /** The model's output, {@code [batch][classes]}, before softmax. */
    static final String LOGITS = "logits";

    /** The first version of ONNX's file format that knows operator set 13. */
    private static final int IR_VERSION = 7;

    private static final int OPERATOR_SET = 13;

    private final Network network;
    private final Weights weights;
    private final GraphProto.Builder graph = GraphProto.newBuilder();

    private OnnxExport(Network network, Weights weights) {
        this.network = network;
        this.weights = weights;
    }

    /** A value on its way through the graph, with the size of its map. */
    private record Value(String name, int height, int width) {}

    /**
     * Writes a model.
     *
     * @param network the description
     * @param weights its weights
     * @param batch images a call, fixed in the model: runtimes then plan their memory ahead
     * @return the bytes of an {@code .onnx} file
     */
    static byte[] write(Network network, Weights weights, int batch) {
        return new OnnxExport(network, weights).model(batch).toByteArray();
    }

    private ModelProto model(int batch) {
        graph.setName(network.architecture());
        graph.addInput(info(INPUT, batch, 3, network.height(), network.width()));
        graph.addOutput(info(LOGITS, batch, network.classes()));
        Value value = convolution(network.stem(), new Value(INPUT, network.height(), network.width()));
        for (InvertedResidual block : network.blocks()) {
            value = block(block, value);
        }
        if (network.head().isPresent()) {
            value = convolution(network.head().get(), value);
        }
        graph.addNode(node("GlobalAveragePool", "pool", value.name));
        graph.addNode(node("Flatten", "features", "pool"));
        classifier("features");
        return ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("spindle")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPERATOR_SET))
                .setGraph(graph)
                .build();
    }

    private Value block(InvertedResidual block, Value input) {
        Value value = input;
        for (Conv conv : block.convolutions()) {
            value = convolution(conv, value);
        }
        if (!block.residual()) {
            return value;
        }
        graph.addNode(node("Add", block.name(), value.name, input.name));
        return new Value(block.name(), value.height, value.width);
    }

    private Value convolution(Conv conv, Value input) {
        LayerWeights layer = weights.layer(conv.name());
        String kernel = conv.name() + ".kernel";
        constant(kernel, layer.kernel(), conv.outputs(), conv.inputsPerGroup(), conv.kernel(), conv.kernel());
        NodeProto.Builder node = node("Conv", conv.name(), input.name, kernel);
        bias(conv.name(), layer.bias()).ifPresent(node::addInput);
        long top = network.padding().before(input.height, conv.kernel(), conv.stride(), conv.dilation());
        long left = network.padding().before(input.width, conv.kernel(), conv.stride(), conv.dilation());
        node.addAttribute(integers("kernel_shape", conv.kernel(), conv.kernel()));
        node.addAttribute(integers("strides", conv.stride(), conv.stride()));
        node.addAttribute(integers("dilations", conv.dilation(), conv.dilation()));
        node.addAttribute(integers("pads", top, left, behind(conv, input.height, top), behind(conv, input.width, left)));
        node.addAttribute(integer("group", conv.groups()));
        graph.addNode(node);
        String normalised = batchNorm(conv.name(), conv.name(), layer.batchNorm());
        return new Value(
                activation(conv.name(), normalised, conv.activation()),
                Padding.outputSize(input.height, conv.stride()),
                Padding.outputSize(input.width, conv.stride()));
    }

    /** The zeros behind the last input element along one axis, where {@code before} stand in front of the first. */
    private long behind(Conv conv, int input, long before) {
        int reach = conv.dilation() * (conv.kernel() - 1);
        return switch (network.padding()) {
            case SYMMETRIC -> before;
            case SAME -> Math.max(
                    0, (Padding.outputSize(input, conv.stride()) - 1) * conv.stride() + reach + 1 - input - before);
        };
    }

    private void classifier(String features) {
        LayerWeights layer = weights.layer(Network.CLASSIFIER);
        String kernel = Network.CLASSIFIER + ".kernel";
        constant(kernel, layer.kernel(), network.classes(), network.features());
        String output = layer.batchNorm().isPresent() ? Network.CLASSIFIER : LOGITS;
        NodeProto.Builder node = node("Gemm", output, features, kernel).addAttribute(integer("transB", 1));
        bias(Network.CLASSIFIER, layer.bias()).ifPresent(node::addInput);
        graph.addNode(node);
        batchNorm(LOGITS, output, layer.batchNorm());
    }

    private Optional<String> bias(String layer, Optional<float[]> bias) {
        return bias.map(values -> constant(layer + ".bias", values, values.length));
    }

    /** Names the value that comes out: {@code input} itself where there is no batch normalisation. */
    private String batchNorm(String name, String input, Optional<BatchNorm> batchNorm) {
        if (batchNorm.isEmpty()) {
            return input;
        }
        BatchNorm norm = batchNorm.get();
        String output = name.equals(input) ? name + ".normalised" : name;
        int channels = norm.gamma().length;
        graph.addNode(node(
                        "BatchNormalization",
                        output,
                        input,
                        constant(output + ".gamma", norm.gamma(), channels),
                        constant(output + ".beta", norm.beta(), channels),
                        constant(output + ".mean", norm.mean(), channels),
                        constant(output + ".variance", norm.variance(), channels))
                .addAttribute(AttributeProto.newBuilder()
                        .setName("epsilon")
                        .setType(AttributeProto.AttributeType.FLOAT)
                        .setF((float) norm.epsilon())));
        return output;
    }

    private String activation(String layer, String input, Activation activation) {
        String output = layer + ".activated";
        switch (activation) {
            case LINEAR -> {
                return input;
            }
            case RELU -> graph.addNode(node("Relu", output, input));
            case RELU6 -> graph.addNode(node(
                    "Clip", output, input, scalar(output + ".min", 0), scalar(output + ".max", 6)));
            default -> throw new AssertionError(activation);
        }
        return output;
    }

    /** A node named after its one output. */
    private static NodeProto.Builder node(String operator, String output, String... inputs) {
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator).setName(output).addOutput(output);
        for (String input : inputs) {
            node.addInput(input);
        }
        return node;
    }

    private static AttributeProto.Builder integer(String name, long value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INT).setI(value);
    }

    private static AttributeProto.Builder integers(String name, long... values) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        for (long value : values) {
            attribute.addInts(value);
        }
        return attribute;
    }

    private String scalar(String name, float value) {
        return constant(name, new float[] {value});
    }

    /** Adds a tensor, a scalar if no sizes are given, and returns its name. */
    private String constant(String name, float[] values, long... sizes) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.FLOAT.getNumber())
                .setRawData(UnsafeByteOperations.unsafeWrap(bytes));
        for (long size : sizes) {
            tensor.addDims(size);
        }
        graph.addInitializer(tensor);
        return name;
    }

    private static ValueInfoProto info(String name, long... sizes) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long size : sizes) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT.getNumber())
                                .setShape(shape)))
                .build();
    }
}
