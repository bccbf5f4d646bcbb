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
import dev.spindle.detection.Anchors;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.SsdLite;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.Weights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
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

    /** The outputs of a detector, {@code [batch][anchors][4]} and {@code [batch][anchors][classes]}, before post-processing. */
    static final String BOXES = "boxes";

    static final String CLASSES = "classes";

    /** The first version of ONNX's file format that knows operator set 13. */
    private static final int IR_VERSION = 7;

    private static final int OPERATOR_SET = 13;

    private final Network network;
    private final Weights weights;
    private final GraphProto.Builder graph = GraphProto.newBuilder();
    /** The map inside the backbone that a detector reads. */
    private Value tapped;

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
        Value value = convolution(network.stem(), new Value(INPUT, network.height(), network.width()));
        for (InvertedResidual block : network.blocks()) {
            value = block(block, value);
        }
        if (network.top() instanceof SsdLite ssd) {
            detector(ssd, value, batch);
        } else {
            graph.addOutput(info(LOGITS, batch, network.classes()));
            if (network.head().isPresent()) {
                value = convolution(network.head().get(), value);
            }
            graph.addNode(node("GlobalAveragePool", "pool", value.name));
            graph.addNode(node("Flatten", "features", "pool"));
            classifier("features");
        }
        return ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("spindle")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPERATOR_SET))
                .setGraph(graph)
                .build();
    }

    private void detector(SsdLite ssd, Value backbone, int batch) {
        List<Value> maps = new ArrayList<>();
        maps.add(tapped);
        maps.add(convolution(ssd.last(), backbone));
        for (InvertedResidual extra : ssd.extras()) {
            maps.add(block(extra, maps.getLast()));
        }
        int anchors = ssd.postProcessing().anchors().count();
        predictions(BOXES, maps, ssd.predictors().stream().map(SsdLite.Predictor::boxes).toList(), Anchors.NUMBERS);
        graph.addOutput(info(BOXES, batch, anchors, Anchors.NUMBERS));
        predictions(
                CLASSES, maps, ssd.predictors().stream().map(SsdLite.Predictor::classes).toList(), ssd.predictions());
        graph.addOutput(info(CLASSES, batch, anchors, ssd.predictions()));
    }

    /** Predictions of all maps, anchor by anchor, {@code each} numbers an anchor. */
    private void predictions(String name, List<Value> maps, List<SsdLite.Branch> branches, int each) {
        NodeProto.Builder all = node("Concat", name).addAttribute(integer("axis", 1));
        String shape = shape(name + ".shape", 0, -1, each);
        for (int i = 0; i < maps.size(); i++) {
            Value value = maps.get(i);
            for (Conv conv : branches.get(i).convolutions()) {
                value = convolution(conv, value);
            }
            String pixels = value.name + ".pixels";
            graph.addNode(node("Transpose", pixels, value.name).addAttribute(integers("perm", 0, 2, 3, 1)));
            graph.addNode(node("Reshape", value.name + ".rows", pixels, shape));
            all.addInput(value.name + ".rows");
        }
        graph.addNode(all);
    }

    private String shape(String name, long... sizes) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.INT64.getNumber())
                .addDims(sizes.length);
        for (long size : sizes) {
            tensor.addInt64Data(size);
        }
        graph.addInitializer(tensor);
        return name;
    }

    private Value block(InvertedResidual block, Value input) {
        Value value = input;
        for (Conv conv : block.convolutions()) {
            value = convolution(conv, value);
            if (network.top().taps().contains(conv.name())) {
                tapped = value;
            }
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
