package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.Padding;
import dev.spindle.weights.schema.TensorFlow.GraphDef;
import dev.spindle.weights.schema.TensorFlow.NodeDef;
import dev.spindle.weights.schema.TensorFlow.TensorShapeProto;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Translates a frozen TensorFlow graph: one in which variables are constants.
 *
 * @see <a href="https://www.tensorflow.org/api_docs/python/tf/raw_ops">TensorFlow's operations</a>
 */
final class FrozenGraph {

    private static final int MAX_NODES = 10_000;
    private static final int MAX_LISTED = 5;

    /** Operations that give what they are given; training's fake quantisation is left out. */
    private static final Set<String> COPIES = Set.of(
            "Identity", "StopGradient", "PreventGradient", "Snapshot", "CheckNumerics", "FakeQuantWithMinMaxVars",
            "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVarsPerChannel");

    private final Path file;
    private final Map<String, FrozenNode> nodes = new LinkedHashMap<>();
    private final Copies copies;
    private final List<Graph.Node> translated = new ArrayList<>();
    private final List<FrozenTensor> constants = new ArrayList<>();
    private final Map<String, FrozenTensor> byName = new LinkedHashMap<>();
    private boolean fakeQuantised;

    private FrozenGraph(Path file) {
        this.file = file;
        this.copies = new Copies(file);
    }

    /**
     * A translated graph.
     *
     * @param open whether the input's size is left open, and assumed to be {@link Graph#OPEN_SIDE}
     * @param fakeQuantised whether fake quantisation is left out
     * @param constants those that the output comes from
     */
    record Result(Graph graph, boolean open, boolean fakeQuantised, List<FrozenTensor> constants) {}

    /**
     * Translates a graph.
     *
     * @param file for messages
     * @throws InvalidInputException where a node that the output comes from is not one of a MobileNet classifier
     */
    static Result translate(Path file, GraphDef proto) {
        return new FrozenGraph(file).result(proto);
    }

    private Result result(GraphDef proto) {
        if (proto.getNodeCount() > MAX_NODES) {
            throw InvalidInputException.of(
                    file, "graph", "at most " + MAX_NODES + " nodes", String.valueOf(proto.getNodeCount()));
        }
        for (NodeDef def : proto.getNodeList()) {
            FrozenNode node = FrozenNode.of(file, def);
            if (nodes.put(node.name(), node) != null) {
                throw node.wrong("one node of this name", "two");
            }
        }
        FrozenNode output = output();
        Set<FrozenNode> needed = Graph.sources(output.name(), nodes, FrozenNode::inputs);
        List<FrozenNode> inputs = new ArrayList<>();
        for (FrozenNode node : nodes.values()) {
            if (needed.contains(node)) {
                prepare(node, inputs);
            }
        }
        if (inputs.size() != 1) {
            throw InvalidInputException.of(file, "graph", "one Placeholder that the output comes from", names(inputs));
        }
        FrozenNode input = inputs.getFirst();
        for (FrozenNode node : nodes.values()) {
            if (needed.contains(node) && node != input) {
                translate(node);
            }
        }
        return result(input, output);
    }

    private Result result(FrozenNode input, FrozenNode output) {
        if (!FrozenTensor.isFloating(input.attribute("dtype").getType())) {
            throw input.wrong("an input in floating point", input.attribute("dtype").getType().toString());
        }
        TensorShapeProto shape = input.attribute("shape").getShape();
        boolean unknown = shape.getUnknownRank() || shape.getDimCount() == 0;
        if (!unknown && shape.getDimCount() != 4) {
            throw input.wrong("an input of shape [batch, height, width, 3]", shape.getDimCount() + " axes");
        }
        long height = unknown ? 0 : shape.getDim(1).getSize();
        long width = unknown ? 0 : shape.getDim(2).getSize();
        long channels = unknown ? 0 : shape.getDim(3).getSize();
        Graph graph = new Graph(
                file,
                Graph.Input.of(input.name(), height, width, channels),
                output.name(),
                translated,
                copies,
                Padding.SAME);
        return new Result(graph, height <= 0 || width <= 0, fakeQuantised, constants);
    }

    /** The only softmax, or else the only node that no other reads: a frozen graph does not say what its output is. */
    private FrozenNode output() {
        List<FrozenNode> softmaxes =
                nodes.values().stream().filter(node -> node.operation().equals("Softmax")).toList();
        if (softmaxes.size() == 1) {
            return softmaxes.getFirst();
        }
        Set<String> read = new HashSet<>();
        nodes.values().forEach(node -> read.addAll(node.inputs()));
        List<FrozenNode> unread = nodes.values().stream()
                .filter(node -> !read.contains(node.name()) && !node.inputs().isEmpty())
                .toList();
        if (unread.size() != 1) {
            throw InvalidInputException.of(file, "graph", "one softmax, or one node that no other reads", names(unread));
        }
        return unread.getFirst();
    }

    private static String names(List<FrozenNode> nodes) {
        String names = nodes.stream().limit(MAX_LISTED).map(FrozenNode::place).collect(Collectors.joining(", "));
        return nodes.isEmpty() ? "none" : nodes.size() + ": " + names;
    }

    private void prepare(FrozenNode node, List<FrozenNode> inputs) {
        switch (node.operation()) {
            case "Placeholder" -> inputs.add(node);
            case "Const" -> {
                FrozenTensor constant = FrozenTensor.of(file, node.name(), node.attribute("value").getTensor());
                constants.add(constant);
                byName.put(node.name(), constant);
            }
            default -> {
                if (COPIES.contains(node.operation())) {
                    copies.add(node.name(), node.input(0));
                    fakeQuantised |= node.operation().startsWith("FakeQuant");
                }
            }
        }
    }

    private void translate(FrozenNode node) {
        switch (node.operation()) {
            case "Conv2D" -> convolution(node, false);
            case "DepthwiseConv2dNative" -> convolution(node, true);
            case "MatMul" -> dense(node);
            case "BiasAdd" -> {
                node.requireChannelsLast();
                emit(node, new Operation.Shift(constant(node, 1)));
            }
            case "Add", "AddV2" -> add(node);
            case "Mul" -> {
                Constant factors = vector(constant(node, 1));
                emit(node, new Operation.Normalisation(
                        factors, factors.filled(0), factors.filled(0), factors.filled(1), 0));
            }
            case "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3" -> normalisation(node);
            case "Relu" -> emit(node, Operation.Clamp.RELU);
            case "Relu6" -> emit(node, Operation.Clamp.RELU6);
            case "Minimum" -> emit(node, new Operation.Clamp(Double.NEGATIVE_INFINITY, scalar(node)));
            case "Maximum" -> emit(node, new Operation.Clamp(scalar(node), Double.POSITIVE_INFINITY));
            case "Pad", "PadV2" -> pad(node);
            case "AvgPool" -> pool(node);
            case "Mean" -> mean(node);
            case "Reshape", "Squeeze", "ExpandDims" -> emit(node, new Operation.Reshape());
            case "Softmax" -> emit(node, new Operation.Softmax());
            default -> {
                // Whatever else is read says how another node's result is shaped; a reshape's target is not looked at.
                if (!COPIES.contains(node.operation()) && !isShape(node)) {
                    throw node.wrong("an operation of a MobileNet classifier", ModelFile.printable(node.operation()));
                }
            }
        }
    }

    private static boolean isShape(FrozenNode node) {
        return Set.of("Const", "Shape", "StridedSlice", "Pack", "ConcatV2", "Prod", "GatherV2", "Cast")
                .contains(node.operation());
    }

    private void emit(FrozenNode node, Operation operation) {
        translated.add(new Graph.Node(node.place(), operation, List.of(node.input(0)), node.name()));
    }

    private Optional<FrozenTensor> known(FrozenNode node, int input) {
        return Optional.ofNullable(byName.get(copies.original(node.input(input))));
    }

    private FrozenTensor constant(FrozenNode node, int input) {
        return known(node, input)
                .orElseThrow(() -> node.wrong("a constant as input " + input, ModelFile.printable(node.input(input))));
    }

    private double scalar(FrozenNode node) {
        FrozenTensor constant = constant(node, 1);
        float[] values = constant.shape().isEmpty() ? constant.floats() : new float[0];
        if (values.length != 1) {
            throw constant.wrong("one number", "shape " + constant.shape());
        }
        return values[0];
    }

    /** An array that is added to or multiplied with data, as one value a channel. */
    private static Constant vector(FrozenTensor values) {
        List<Integer> shape = values.shape();
        if (shape.isEmpty() || shape.subList(0, shape.size() - 1).stream().anyMatch(size -> size != 1)) {
            throw values.wrong("one value a channel", "shape " + shape);
        }
        return values.reshaped(List.of(shape.getLast()));
    }

    private void convolution(FrozenNode node, boolean depthwise) {
        node.requireChannelsLast();
        FrozenTensor kernel = constant(node, 1);
        if (kernel.shape().size() != 4) {
            throw kernel.wrong("a kernel of 4 axes", kernel.shape().toString());
        }
        Optional<Operation.Border> border = switch (node.text("padding")) {
            case "EXPLICIT" -> Optional.of(explicitBorder(node));
            default -> node.isSame() ? Optional.empty() : Optional.of(Operation.Border.NONE);
        };
        emit(node, new Operation.Convolution(
                depthwise ? kernel.permuted(2, 3, 0, 1) : kernel.permuted(3, 2, 0, 1),
                Optional.empty(),
                depthwise ? kernel.shape().get(2) : 1,
                node.mapSize("strides", 0),
                node.mapSize("dilations", 1),
                border));
    }

    private static Operation.Border explicitBorder(FrozenNode node) {
        return border(node, node.attribute("explicit_paddings").getList().getIList().stream()
                .mapToLong(Long::longValue)
                .toArray());
    }

    private static Operation.Border border(FrozenNode node, long[] zeros) {
        if (zeros.length != 8 || zeros[0] != 0 || zeros[1] != 0 || zeros[6] != 0 || zeros[7] != 0) {
            throw node.wrong("paddings of height and width", zeros.length == 8 ? "others" : zeros.length + " numbers");
        }
        return new Operation.Border(zeros[2], zeros[3], zeros[4], zeros[5]);
    }

    private void pad(FrozenNode node) {
        if (node.inputs().size() > 2) {
            float[] value = constant(node, 2).floats();
            if (value.length != 1 || value[0] != 0) {
                throw node.wrong("zeros", "another value");
            }
        }
        emit(node, new Operation.Pad(border(node, constant(node, 1).integers())));
    }

    private void dense(FrozenNode node) {
        FrozenTensor kernel = constant(node, 1);
        if (node.flag("transpose_a") || kernel.shape().size() != 2) {
            throw node.wrong("data times a matrix", "another product");
        }
        emit(node, new Operation.Dense(
                node.flag("transpose_b") ? kernel : kernel.permuted(1, 0), Optional.empty()));
    }

    private void add(FrozenNode node) {
        if (known(node, 1).isPresent()) {
            emit(node, new Operation.Shift(vector(constant(node, 1))));
        } else if (known(node, 0).isPresent()) {
            translated.add(new Graph.Node(
                    node.place(), new Operation.Shift(vector(constant(node, 0))), List.of(node.input(1)), node.name()));
        } else {
            translated.add(new Graph.Node(
                    node.place(), new Operation.Sum(), List.of(node.input(0), node.input(1)), node.name()));
        }
    }

    private void normalisation(FrozenNode node) {
        node.requireChannelsLast();
        if (!node.proto().containsAttr("is_training") || node.flag("is_training")) {
            throw node.wrong("batch normalisation at inference", "is_training");
        }
        double epsilon =
                node.proto().containsAttr("epsilon") ? ModelFile.decimal(node.attribute("epsilon").getF()) : 1e-4;
        emit(node, new Operation.Normalisation(
                constant(node, 1), constant(node, 2), constant(node, 3), constant(node, 4), epsilon));
    }

    private void pool(FrozenNode node) {
        node.requireChannelsLast();
        long[] window = node.mapSizes("ksize", 0);
        long[] strides = node.mapSizes("strides", 0);
        emit(node, new Operation.Pool(window[0], window[1], strides[0], strides[1], node.isSame()));
    }

    private void mean(FrozenNode node) {
        Set<Long> axes = new HashSet<>();
        FrozenTensor constant = constant(node, 1);
        if (constant.shape().size() <= 1) {
            for (long axis : constant.integers()) {
                axes.add(axis < 0 ? axis + 4 : axis);
            }
        }
        if (!axes.equals(Set.of(1L, 2L))) {
            throw constant.wrong("an average over axes 1 and 2", ModelFile.printable(axes.toString()));
        }
        emit(node, new Operation.Mean(true, true));
    }
}
