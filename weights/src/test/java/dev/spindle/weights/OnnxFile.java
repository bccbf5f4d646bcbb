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
import dev.spindle.weights.schema.Onnx.AttributeProto;
import dev.spindle.weights.schema.Onnx.AttributeProto.AttributeType;
import dev.spindle.weights.schema.Onnx.GraphProto;
import dev.spindle.weights.schema.Onnx.ModelProto;
import dev.spindle.weights.schema.Onnx.NodeProto;
import dev.spindle.weights.schema.Onnx.OperatorSetIdProto;
import dev.spindle.weights.schema.Onnx.TensorProto;
import dev.spindle.weights.schema.Onnx.TensorProto.DataType;
import dev.spindle.weights.schema.Onnx.TensorShapeProto;
import dev.spindle.weights.schema.Onnx.TensorShapeProto.Dimension;
import dev.spindle.weights.schema.Onnx.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Writes networks as ONNX models, the way that PyTorch exports them, which tests then change. Nodes are named after outputs. */
final class OnnxFile {

    static final String INPUT = "picture";
    static final String OUTPUT = "logits";

    final ModelProto.Builder model = ModelProto.newBuilder()
            .setIrVersion(8)
            .setProducerName("pytorch")
            .setProducerVersion("2.0")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17));
    final GraphProto.Builder graph = model.getGraphBuilder();
    private final Checkpoint checkpoint;

    private OnnxFile(Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
    }

    static OnnxFile of(Checkpoint checkpoint) {
        OnnxFile file = new OnnxFile(checkpoint);
        file.write(checkpoint.network());
        return file;
    }

    private void write(Network network) {
        graph.addInput(info(INPUT, 0, 3, network.height(), network.width()));
        graph.addOutput(info(OUTPUT, 0, network.classes()));
        floats("lowest", new float[] {0});
        floats("highest", new float[] {6});
        int[] size = {network.height(), network.width()};
        String last = convolution(network.stem(), INPUT, size);
        for (InvertedResidual block : network.blocks()) {
            String input = last;
            for (Conv conv : block.convolutions()) {
                last = convolution(conv, last, size);
            }
            if (block.residual()) {
                node("Add", block.name(), input, last);
                last = block.name();
            }
        }
        if (network.head().isPresent()) {
            last = convolution(network.head().get(), last, size);
        }
        node("GlobalAveragePool", "pool", last);
        node("Flatten", "features", "pool");
        LayerWeights dense = checkpoint.weights().layer(Network.CLASSIFIER);
        floats("classifier.weight", dense.kernel(), network.classes(), network.features());
        floats("classifier.bias", dense.bias().orElseThrow(), network.classes());
        node("Gemm", OUTPUT, "features", "classifier.weight", "classifier.bias").addAttribute(integer("transB", 1));
    }

    private String convolution(Conv conv, String input, int[] size) {
        LayerWeights layer = checkpoint.weights().layer(conv.name());
        String name = conv.name();
        floats(name + ".weight", layer.kernel(), conv.outputs(), conv.inputsPerGroup(), conv.kernel(), conv.kernel());
        NodeProto.Builder node = node("Conv", name, input, name + ".weight");
        layer.bias().ifPresent(bias -> node.addInput(floats(name + ".bias", bias, conv.outputs())));
        Padding padding = checkpoint.network().padding();
        long[] pads = new long[4];
        for (int axis = 0; axis < 2; axis++) {
            pads[axis] = padding.before(size[axis], conv.kernel(), conv.stride(), conv.dilation());
            int outputs = Padding.outputSize(size[axis], conv.stride());
            long needed = (outputs - 1L) * conv.stride() + conv.kernel() - size[axis] - pads[axis];
            pads[axis + 2] = padding == Padding.SYMMETRIC ? pads[axis] : Math.max(0, needed);
            size[axis] = outputs;
        }
        node.addAttribute(integer("group", conv.groups()))
                .addAttribute(integers("kernel_shape", conv.kernel(), conv.kernel()))
                .addAttribute(integers("pads", pads))
                .addAttribute(integers("strides", conv.stride(), conv.stride()));
        String output = name;
        if (layer.batchNorm().isPresent()) {
            BatchNorm norm = layer.batchNorm().get();
            output = name + ".normalised";
            node(
                            "BatchNormalization",
                            output,
                            name,
                            floats(name + ".gamma", norm.gamma(), conv.outputs()),
                            floats(name + ".beta", norm.beta(), conv.outputs()),
                            floats(name + ".mean", norm.mean(), conv.outputs()),
                            floats(name + ".variance", norm.variance(), conv.outputs()))
                    .addAttribute(number("epsilon", (float) norm.epsilon()));
        }
        if (conv.activation() != Activation.LINEAR) {
            node("Clip", name + ".activated", output, "lowest", "highest");
            output = name + ".activated";
        }
        return output;
    }

    private static ValueInfoProto info(String name, long... sizes) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long size : sizes) {
            shape.addDim(size == 0 ? Dimension.newBuilder().setDimParam("n") : Dimension.newBuilder().setDimValue(size));
        }
        ValueInfoProto.Builder info = ValueInfoProto.newBuilder().setName(name);
        info.getTypeBuilder().getTensorTypeBuilder().setElemType(DataType.FLOAT_VALUE).setShape(shape);
        return info.build();
    }

    /** Sets the input's sizes; 0 for an open one. */
    void input(long... sizes) {
        graph.setInput(0, info(INPUT, sizes));
    }

    /** Adds a node behind all others. */
    NodeProto.Builder node(String type, String output, String... inputs) {
        return graph.addNodeBuilder().setOpType(type).setName(output).addOutput(output).addAllInput(List.of(inputs));
    }

    /** The node that makes a value. */
    NodeProto.Builder maker(String output) {
        return graph.getNodeBuilderList().stream()
                .filter(node -> node.getOutputList().contains(output))
                .findFirst()
                .orElseThrow();
    }

    /** Replaces the node that makes a value by what an edit adds, which has to make the value, too. */
    void replace(String output, Consumer<OnnxFile> edit) {
        List<NodeProto> before = new ArrayList<>();
        List<NodeProto> behind = new ArrayList<>();
        for (NodeProto node : graph.getNodeList()) {
            boolean reached = !behind.isEmpty() || node.getOutputList().contains(output);
            (reached ? behind : before).add(node);
        }
        graph.clearNode().addAllNode(before);
        edit.accept(this);
        graph.addAllNode(behind.subList(1, behind.size()));
    }

    /** The names of all nodes of a type. */
    List<String> all(String type) {
        return graph.getNodeList().stream()
                .filter(node -> node.getOpType().equals(type))
                .map(NodeProto::getName)
                .toList();
    }

    TensorProto.Builder constant(String name) {
        return graph.getInitializerBuilderList().stream()
                .filter(tensor -> tensor.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    String floats(String name, float[] values, long... sizes) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        TensorProto.Builder tensor = graph.addInitializerBuilder()
                .setName(name)
                .setDataType(DataType.FLOAT_VALUE)
                .setRawData(ByteString.copyFrom(bytes));
        for (long size : sizes) {
            tensor.addDims(size);
        }
        return name;
    }

    String longs(String name, long... values) {
        TensorProto.Builder tensor =
                graph.addInitializerBuilder().setName(name).setDataType(DataType.INT64_VALUE).addDims(values.length);
        for (long value : values) {
            tensor.addInt64Data(value);
        }
        return name;
    }

    static AttributeProto.Builder integer(String name, long value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value);
    }

    static AttributeProto.Builder number(String name, float value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.FLOAT).setF(value);
    }

    static AttributeProto.Builder text(String name, String value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.STRING).setS(ByteString.copyFromUtf8(value));
    }

    static AttributeProto.Builder integers(String name, long... values) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
        for (long value : values) {
            attribute.addInts(value);
        }
        return attribute;
    }

    ByteBuffer bytes() {
        return model.build().toByteString().asReadOnlyByteBuffer();
    }
}
