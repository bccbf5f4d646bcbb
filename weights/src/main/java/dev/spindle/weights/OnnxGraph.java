package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.Padding;
import dev.spindle.weights.schema.Onnx.GraphProto;
import dev.spindle.weights.schema.Onnx.ModelProto;
import dev.spindle.weights.schema.Onnx.NodeProto;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Translates an ONNX graph as exporters write it. Along the way it knows the order of each value's axes, so that
 * transpositions, which only change that, are no nodes; and it leaves out what only computes the shapes of others.
 *
 * @see <a href="https://onnx.ai/onnx/operators/">ONNX operators</a>
 */
final class OnnxGraph {

    private static final int MAX_NODES = 10_000;

    /** The order of a map's axes in ONNX's own operators. */
    private static final String FIRST = "NCHW";

    /** Behind a reshaping of one pixel: wherever the axes are, there is nothing to confuse. */
    private static final String ANY = "?";

    private final Path file;
    private final GraphProto proto;
    private final OnnxConstants constants;
    private final Copies copies;
    private final Map<String, String> axes = new HashMap<>();
    private final List<Graph.Node> nodes = new ArrayList<>();

    private OnnxGraph(Path file, GraphProto proto) {
        this.file = file;
        this.proto = proto;
        this.constants = new OnnxConstants(file, proto);
        this.copies = new Copies(file);
    }

    /**
     * A translated model.
     *
     * @param graph its graph
     * @param open whether the input's size is left open, and assumed to be {@link Graph#OPEN_SIDE}
     * @param constants the initialisers
     */
    record Result(Graph graph, boolean open, List<OnnxTensor> constants) {}

    /**
     * Translates a model's graph.
     *
     * @param file for messages, and for where to find external data
     * @throws InvalidInputException where a node is not one of a MobileNet classifier in floating point
     */
    static Result translate(Path file, ModelProto model) {
        return new OnnxGraph(file, model.getGraph()).result();
    }

    private Result result() {
        if (proto.getNodeCount() > MAX_NODES || proto.getInitializerCount() > MAX_NODES) {
            throw InvalidInputException.of(
                    file, "graph", "at most " + MAX_NODES + " nodes and as many constants",
                    proto.getNodeCount() + " and " + proto.getInitializerCount());
        }
        if (proto.getOutputCount() != 1) {
            throw InvalidInputException.of(file, "outputs of the graph", "one", String.valueOf(proto.getOutputCount()));
        }
        String output = proto.getOutput(0).getName();
        Set<NodeProto> needed = Graph.sources(output, makers(), NodeProto::getInputList);
        OnnxInput input = OnnxInput.of(file, proto, constants);
        axes.put(input.name(), input.order());
        for (int i = 0; i < proto.getNodeCount(); i++) {
            if (needed.contains(proto.getNode(i))) {
                translate(new OnnxNode(file, i, proto.getNode(i)));
            }
        }
        Graph graph = new Graph(file, input.graphInput(), output, nodes, copies, Padding.SYMMETRIC);
        return new Result(graph, input.isOpen(), constants.stored());
    }

    private Map<String, NodeProto> makers() {
        Map<String, NodeProto> makers = new HashMap<>();
        for (int i = 0; i < proto.getNodeCount(); i++) {
            for (String output : proto.getNode(i).getOutputList()) {
                if (!output.isEmpty() && makers.put(output, proto.getNode(i)) != null) {
                    throw new OnnxNode(file, i, proto.getNode(i)).wrong(
                            "one node that makes " + ModelFile.printable(output), "two");
                }
            }
        }
        return makers;
    }

    private void translate(OnnxNode node) {
        if (!node.domain().isEmpty() && !node.domain().equals("ai.onnx")) {
            throw unsupported(node);
        }
        if (!constants.take(node)) {
            compute(node);
        }
    }

    private void compute(OnnxNode node) {
        switch (node.type()) {
            case "Conv" -> convolution(node);
            case "Gemm" -> gemm(node);
            case "MatMul" -> {
                Constant kernel = matrix(node);
                dense(node, kernel.permuted(1, 0), Optional.empty());
            }
            case "BatchNormalization" -> normalisation(node);
            case "Add", "Sum" -> add(node);
            case "Mul" -> scale(node);
            case "Relu" -> map(node, Operation.Clamp.RELU);
            case "Clip" -> map(node, new Operation.Clamp(
                    bound(node, "min", 1, Double.NEGATIVE_INFINITY), bound(node, "max", 2, Double.POSITIVE_INFINITY)));
            case "Min" -> map(node, new Operation.Clamp(Double.NEGATIVE_INFINITY, otherScalar(node)));
            case "Max" -> map(node, new Operation.Clamp(otherScalar(node), Double.POSITIVE_INFINITY));
            case "Pad" -> pad(node);
            case "GlobalAveragePool" -> {
                requireAxes(node, FIRST);
                emit(node, new Operation.Mean(true, true), FIRST);
            }
            case "AveragePool" -> averagePool(node);
            case "ReduceMean" -> mean(node);
            case "Flatten", "Reshape", "Squeeze", "Unsqueeze" -> emit(node, new Operation.Reshape(), ANY);
            case "Softmax" -> softmax(node);
            case "Identity", "Dropout" -> copy(node, axes(node));
            case "Cast" -> {
                if (!OnnxTensor.isFloating((int) node.integer("to", 0))) {
                    throw node.wrong("data in floating point", OnnxTensor.typeName((int) node.integer("to", 0)));
                }
                copy(node, axes(node));
            }
            case "Transpose" -> transpose(node);
            default -> throw unsupported(node);
        }
    }

    /** What is at fault with a node that no MobileNet has. */
    static InvalidInputException unsupported(OnnxNode node) {
        boolean quantised = node.type().contains("Quantize") || node.type().startsWith("QLinear");
        String found = node.domain().isEmpty() ? node.type() : node.domain() + "." + node.type();
        return node.wrong(
                quantised
                        ? "a network in floating point: quantised networks are read from TensorFlow Lite files only"
                        : "an operator of a MobileNet classifier",
                ModelFile.printable(found));
    }

    /** The value that a node works on: its only one that is no constant. */
    private String data(OnnxNode node) {
        List<String> data = node.inputs().stream().filter(name -> !constants.isNoData(name)).toList();
        if (data.size() != 1) {
            throw node.wrong("one input that is no constant", String.valueOf(data.size()));
        }
        return data.getFirst();
    }

    private String axes(OnnxNode node) {
        return axes(node, data(node));
    }

    private String axes(OnnxNode node, String value) {
        String found = axes.get(value);
        if (found == null) {
            throw node.wrong("nodes in execution order", "an input that is not made yet: " + ModelFile.printable(value));
        }
        return found;
    }

    private void requireAxes(OnnxNode node, String expected) {
        String found = axes(node);
        if (!found.equals(expected) && !found.equals(ANY)) {
            throw node.wrong("data with axes " + expected, found);
        }
    }

    private void emit(OnnxNode node, Operation operation, String outputAxes) {
        nodes.add(new Graph.Node(node.place(), operation, List.of(data(node)), node.output()));
        axes.put(node.output(), outputAxes);
    }

    /** An operation that leaves the axes as they are. */
    private void map(OnnxNode node, Operation operation) {
        emit(node, operation, axes(node));
    }

    private void copy(OnnxNode node, String outputAxes) {
        copies.add(node.output(), data(node));
        axes.put(node.output(), outputAxes);
    }

    private void transpose(OnnxNode node) {
        String found = axes(node);
        int[] permutation = node.permutation(found.equals(ANY) ? node.integers("perm").length : found.length());
        if (found.equals(ANY)) {
            if (permutation.length == 0 || permutation[0] != 0) {
                throw node.wrong("the batch as first axis", "another order");
            }
            copy(node, ANY);
            return;
        }
        StringBuilder order = new StringBuilder();
        for (int axis : permutation) {
            order.append(found.charAt(axis));
        }
        copy(node, order.toString());
    }

    /** The constant of a node with two inputs, in either order. */
    private Constant other(OnnxNode node) {
        if (node.inputs().size() != 2) {
            throw node.wrong("two inputs", String.valueOf(node.inputs().size()));
        }
        return constants.required(node, node.inputs().getFirst().equals(data(node)) ? 1 : 0);
    }

    private double bound(OnnxNode node, String attribute, int input, double absent) {
        return constants.optional(node, input).map(OnnxConstants::scalar).orElseGet(() -> node.number(attribute, absent));
    }

    private double otherScalar(OnnxNode node) {
        return OnnxConstants.scalar(other(node));
    }

    private void convolution(OnnxNode node) {
        requireAxes(node, FIRST);
        Constant kernel = constants.required(node, 1);
        long stride = both(node, "strides");
        long dilation = both(node, "dilations");
        Optional<Operation.Border> border = switch (node.text("auto_pad", "NOTSET")) {
            case "NOTSET" -> Optional.of(border(node, node.integers("pads")));
            case "VALID" -> Optional.of(Operation.Border.NONE);
            case "SAME_UPPER" -> Optional.empty();
            default -> throw node.wrong("auto_pad NOTSET, VALID or SAME_UPPER", node.text("auto_pad", ""));
        };
        Optional<Constant> bias = constants.optional(node, 2);
        emit(node, new Operation.Convolution(kernel, bias, node.integer("group", 1), stride, dilation, border), FIRST);
    }

    private static long both(OnnxNode node, String attribute) {
        long[] values = node.integers(attribute);
        if (values.length == 0) {
            return 1;
        }
        if (values.length != 2 || values[0] != values[1]) {
            throw node.wrong("one of " + attribute + " for both axes", ModelFile.printable(Arrays.toString(values)));
        }
        return values[0];
    }

    private static Operation.Border border(OnnxNode node, long[] pads) {
        if (pads.length == 0) {
            return Operation.Border.NONE;
        }
        if (pads.length != 4) {
            throw node.wrong("four pads", String.valueOf(pads.length));
        }
        return new Operation.Border(pads[0], pads[2], pads[1], pads[3]);
    }

    private void pad(OnnxNode node) {
        String order = axes(node);
        long[] pads = constants.integers(node, "pads", 1);
        boolean zeros = constants.optional(node, 2).map(OnnxConstants::scalar).orElseGet(() -> node.number("value", 0)) == 0;
        int height = order.indexOf('H');
        int width = order.indexOf('W');
        int rank = order.length();
        if (!node.text("mode", "constant").equals("constant") || !zeros || node.inputs().size() > 3
                || height < 0 || width < 0 || pads.length != 2 * rank) {
            throw node.wrong("zeros around a map", "other pads");
        }
        for (int i = 0; i < pads.length; i++) {
            if (i % rank != height && i % rank != width && pads[i] != 0) {
                throw node.wrong("no padding of batch and channels", "some");
            }
        }
        map(node, new Operation.Pad(
                new Operation.Border(pads[height], pads[rank + height], pads[width], pads[rank + width])));
    }

    private Constant matrix(OnnxNode node) {
        if (!data(node).equals(node.inputs().getFirst())) {
            throw node.wrong("data as first input", "a constant");
        }
        String found = axes(node);
        if (!found.endsWith("C") && !found.equals(ANY)) {
            throw node.wrong("data with channels as last axis", found);
        }
        Constant kernel = constants.required(node, 1);
        if (kernel.shape().size() != 2) {
            throw kernel.wrong("a matrix", "shape " + kernel.shape());
        }
        return kernel;
    }

    private void gemm(OnnxNode node) {
        Constant kernel = matrix(node);
        if (node.integer("transA", 0) != 0) {
            throw node.wrong("transA 0", String.valueOf(node.integer("transA", 0)));
        }
        Constant ordered = node.integer("transB", 0) == 0 ? kernel.permuted(1, 0) : kernel;
        int classes = ordered.shape().getFirst();
        dense(
                node,
                ordered.scaled(node.number("alpha", 1)),
                constants.optional(node, 2).map(bias -> vector(bias, "NC", classes).scaled(node.number("beta", 1))));
    }

    private void dense(OnnxNode node, Constant kernel, Optional<Constant> bias) {
        emit(node, new Operation.Dense(kernel, bias), "NC");
    }

    private void normalisation(OnnxNode node) {
        String order = axes(node);
        if (!order.startsWith("NC") || node.integer("training_mode", 0) != 0) {
            throw node.wrong("batch normalisation at inference, over the second axis", "another");
        }
        map(node, new Operation.Normalisation(
                constants.required(node, 1),
                constants.required(node, 2),
                constants.required(node, 3),
                constants.required(node, 4),
                node.number("epsilon", 1e-5)));
    }

    private void add(OnnxNode node) {
        List<String> inputs = node.inputs();
        if (inputs.size() == 2 && inputs.stream().noneMatch(constants::isKnown)) {
            String first = axes(node, inputs.get(0));
            String second = axes(node, inputs.get(1));
            if (!first.equals(second)) {
                throw node.wrong("two values with axes in one order", first + " and " + second);
            }
            nodes.add(new Graph.Node(node.place(), new Operation.Sum(), inputs, node.output()));
            axes.put(node.output(), first);
            return;
        }
        Constant values = other(node);
        map(node, new Operation.Shift(vector(values, axes(node), channels(values))));
    }

    private void scale(OnnxNode node) {
        Constant factors = other(node);
        int channels = channels(factors);
        Constant vector = vector(factors, axes(node), channels);
        map(node, new Operation.Normalisation(
                vector, vector.filled(0), vector.filled(0), vector.filled(1), 0));
    }

    /** The one size of an array along the channels. */
    private static int channels(Constant values) {
        return values.shape().stream().filter(size -> size != 1).findFirst().orElse(1);
    }

    /** An array that is added to or multiplied with data, as one value a channel. */
    private static Constant vector(Constant values, String order, int channels) {
        List<Integer> shape = values.shape();
        // Shapes are aligned at the last axis.
        int axis = shape.size() - (order.length() - order.indexOf('C'));
        boolean fits = axis >= 0 && axis < shape.size() && shape.get(axis) == channels;
        for (int i = 0; i < shape.size(); i++) {
            fits &= i == axis || shape.get(i) == 1;
        }
        if (!fits && !(order.equals(ANY) && shape.equals(List.of(1, channels)))) {
            throw values.wrong("one value a channel of " + order, "shape " + shape);
        }
        return values.reshaped(List.of(channels));
    }

    private void averagePool(OnnxNode node) {
        requireAxes(node, FIRST);
        long[] kernel = node.integers("kernel_shape");
        long[] strides = node.integers("strides");
        String automatic = node.text("auto_pad", "NOTSET");
        boolean bordered = !border(node, node.integers("pads")).equals(Operation.Border.NONE);
        if (kernel.length != 2 || (strides.length != 0 && strides.length != 2) || bordered
                || automatic.equals("SAME_LOWER")) {
            throw node.wrong("an average over the whole map", "a window of other form");
        }
        emit(
                node,
                new Operation.Pool(
                        kernel[0],
                        kernel[1],
                        strides.length == 0 ? 1 : strides[0],
                        strides.length == 0 ? 1 : strides[1],
                        automatic.equals("SAME_UPPER")),
                FIRST);
    }

    private void mean(OnnxNode node) {
        String order = axes(node);
        Set<Integer> averaged = new HashSet<>();
        for (long axis : constants.integers(node, "axes", 1)) {
            long found = axis < 0 ? axis + order.length() : axis;
            if (found < 0 || found >= order.length() || "HW".indexOf(order.charAt((int) found)) < 0
                    || !averaged.add((int) found)) {
                throw node.wrong("an average over height and width of " + order, "one over axis " + axis);
            }
        }
        boolean overHeight = averaged.contains(order.indexOf('H'));
        boolean overWidth = averaged.contains(order.indexOf('W'));
        if (!overHeight && !overWidth) {
            throw node.wrong("an average over height and width", "one over no axis");
        }
        StringBuilder kept = new StringBuilder(order);
        if (node.integer("keepdims", 1) == 0) {
            averaged.stream().sorted((a, b) -> b - a).forEach(kept::deleteCharAt);
        }
        emit(node, new Operation.Mean(overHeight, overWidth), kept.toString());
    }

    private void softmax(OnnxNode node) {
        String order = axes(node);
        long axis = node.integer("axis", -1);
        // Up to operator set 12 the axis is 1 where none is given, and all behind it are one: the same behind one pixel.
        if (axis != -1 && axis != 1 && (axis != order.indexOf('C'))) {
            throw node.wrong("softmax over classes", "one over axis " + axis + " of " + order);
        }
        map(node, new Operation.Softmax());
    }
}
