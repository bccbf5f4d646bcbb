package dev.spindle.weights;

import dev.spindle.network.Activation;
import dev.spindle.network.Padding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Translates a TensorFlow Lite graph: kernels into the common order, fused activations into nodes of their own. */
final class TfliteGraph {

    private static final int MAX_RATE = 64;

    private final TfliteModel model;
    private final Copies copies;
    /** What the graph calls a tensor: its name, which two tensors may have, or else name and index. */
    private final List<String> names = new ArrayList<>();
    private final Map<String, TfliteTensor> tensors = new HashMap<>();
    private final List<Graph.Node> nodes = new ArrayList<>();
    /** Operators by the tensors that they make, and by the last one that reads them. */
    private final Map<Integer, TfliteOperator> makers = new HashMap<>();
    private final Map<Integer, TfliteOperator> readers = new HashMap<>();

    private TfliteGraph(TfliteModel model) {
        this.model = model;
        this.copies = new Copies(model.file());
        for (TfliteTensor tensor : model.tensors()) {
            String name = tensor.name();
            while (tensors.putIfAbsent(name, tensor) != null) {
                name += " (" + names.size() + ")";
            }
            names.add(name);
        }
    }

    /**
     * Translates a graph.
     *
     * @param model whose input is a batch of RGB pictures, channels last
     * @throws dev.spindle.InvalidInputException where an operator is not one of a network on a MobileNet
     */
    static Translation translate(TfliteModel model) {
        TfliteGraph translated = new TfliteGraph(model);
        return new Translation(translated.graph(), List.copyOf(translated.names));
    }

    /**
     * A translated graph.
     *
     * @param graph the graph
     * @param names what it calls the file's tensors, by their index
     */
    record Translation(Graph graph, List<String> names) {

        /** What the graph calls a tensor. */
        String value(int tensor) {
            return names.get(tensor);
        }
    }

    private Graph graph() {
        TfliteTensor input = model.tensors().get(model.input());
        List<Integer> shape = input.shape();
        if (shape.size() != 4) {
            throw input.wrong("an input of shape [batch, height, width, 3]", shape.toString());
        }
        for (TfliteOperator operator : model.operators()) {
            Arrays.stream(operator.outputs()).forEach(made -> makers.put(made, operator));
            Arrays.stream(operator.inputs()).forEach(read -> readers.put(read, operator));
            if (isCopy(operator)) {
                copies.add(names.get(operator.output()), names.get(operator.input(0)));
            }
        }
        for (TfliteOperator operator : model.operators()) {
            if (!isCopy(operator)) {
                translate(operator);
            }
        }
        return new Graph(
                model.file(),
                new Graph.Input(names.get(model.input()), shape.get(1), shape.get(2), shape.get(3)),
                names.get(model.output()),
                nodes,
                copies,
                Padding.SAME);
    }

    private static boolean isCopy(TfliteOperator operator) {
        return operator.code() == TfliteOperator.QUANTIZE || operator.code() == TfliteOperator.DEQUANTIZE;
    }

    private void translate(TfliteOperator operator) {
        switch (operator.code()) {
            case TfliteOperator.CONV_2D -> {
                TfliteTensor kernel = kernel(operator, 4);
                convolution(operator, operator.convolution(), kernel, kernel.permuted(0, 3, 1, 2), 1);
            }
            case TfliteOperator.DEPTHWISE_CONV_2D -> {
                TfliteTensor kernel = kernel(operator, 4);
                Constant permuted = kernel.permuted(3, 0, 1, 2);
                convolution(operator, operator.depthwiseConvolution(), kernel, permuted, kernel.shape().get(3));
            }
            case TfliteOperator.FULLY_CONNECTED -> {
                operator.requirePlainProduct();
                TfliteTensor kernel = kernel(operator, 2);
                add(operator, new Operation.Dense(kernel, bias(operator, kernel)));
            }
            case TfliteOperator.PAD -> add(operator, new Operation.Pad(border(operator)));
            case TfliteOperator.RELU -> add(operator, Operation.Clamp.RELU);
            case TfliteOperator.RELU6 -> add(operator, Operation.Clamp.RELU6);
            case TfliteOperator.ADD -> {
                operator.requirePlainSum();
                List<String> addends = List.of(names.get(operator.input(0)), names.get(operator.input(1)));
                nodes.add(new Graph.Node(
                        operator.place(), new Operation.Sum(), addends, names.get(operator.output())));
            }
            case TfliteOperator.AVERAGE_POOL_2D -> {
                TfliteOperator.Pool pool = operator.pool();
                add(operator, new Operation.Pool(
                        pool.filterHeight(), pool.filterWidth(), pool.strideHeight(), pool.strideWidth(), pool.same()));
            }
            case TfliteOperator.MEAN -> {
                requireMapAxes(operator);
                add(operator, new Operation.Mean(true, true));
            }
            case TfliteOperator.CONCATENATION -> {
                operator.requireJoinedChannels();
                List<String> joined = List.of(names.get(operator.input(0)), names.get(operator.input(1)));
                nodes.add(new Graph.Node(
                        operator.place(), new Operation.Concatenation(), joined, names.get(operator.output())));
            }
            case TfliteOperator.RESIZE_BILINEAR -> {
                long[] size = constants(operator, 1, 2);
                add(operator, new Operation.Resize(size[0], size[1], operator.sampling()));
            }
            case TfliteOperator.ARG_MAX -> {
                long axis = constants(operator, 1, 1)[0];
                if (axis != 3 && axis != -1) {
                    throw operator.wrong("axis 3", String.valueOf(axis));
                }
                add(operator, new Operation.ArgMax());
            }
            case TfliteOperator.SPACE_TO_BATCH_ND, TfliteOperator.BATCH_TO_SPACE_ND -> requireDilation(operator);
            case TfliteOperator.RESHAPE, TfliteOperator.SQUEEZE -> add(operator, new Operation.Reshape());
            case TfliteOperator.SOFTMAX -> {
                operator.requirePlainSoftmax();
                add(operator, new Operation.Softmax());
            }
            default -> throw operator.wrong("an operator of a MobileNet", operator.name());
        }
    }

    private void add(TfliteOperator operator, Operation operation) {
        nodes.add(new Graph.Node(
                operator.place(), operation, List.of(names.get(operator.input(0))), names.get(operator.output())));
    }

    private void convolution(
            TfliteOperator operator,
            TfliteOperator.Convolution parameters,
            TfliteTensor kernel,
            Constant ordered,
            int groups) {
        Optional<Operation.Border> border =
                parameters.same() ? Optional.empty() : Optional.of(Operation.Border.NONE);
        int dilation = parameters.dilation();
        TfliteOperator before = makers.get(operator.input(0));
        TfliteOperator behind = readers.get(operator.output());
        String input = names.get(operator.input(0));
        String output = names.get(operator.output());
        if (before != null && before.code() == TfliteOperator.SPACE_TO_BATCH_ND && behind != null) {
            border = Optional.of(dilatedBorder(before, behind));
            dilation *= Math.toIntExact(constants(before, 1, 2)[0]);
            input = names.get(before.input(0));
            output = names.get(behind.output());
        }
        Operation convolution = new Operation.Convolution(
                ordered, bias(operator, kernel), groups, parameters.stride(), dilation, border);
        if (parameters.activation() == Activation.LINEAR) {
            nodes.add(new Graph.Node(operator.place(), convolution, List.of(input), output));
            return;
        }
        // No other value has this name: that of a tensor, made longer until there is no such tensor.
        String linear = output;
        while (tensors.containsKey(linear)) {
            linear += " before the activation of " + operator.place();
        }
        nodes.add(new Graph.Node(operator.place(), convolution, List.of(input), linear));
        nodes.add(new Graph.Node(
                operator.place(), Operation.Clamp.of(parameters.activation()), List.of(linear), output));
    }

    /** Checks that what cuts a map into grids stands before a convolution, and what joins them behind it. */
    private void requireDilation(TfliteOperator operator) {
        boolean cuts = operator.code() == TfliteOperator.SPACE_TO_BATCH_ND;
        TfliteOperator convolution = cuts ? readers.get(operator.output()) : makers.get(operator.input(0));
        TfliteOperator other = convolution == null
                ? null
                : cuts ? readers.get(convolution.output()) : makers.get(convolution.input(0));
        int otherCode = cuts ? TfliteOperator.BATCH_TO_SPACE_ND : TfliteOperator.SPACE_TO_BATCH_ND;
        if (other == null || other.code() != otherCode
                || convolution.code() != TfliteOperator.DEPTHWISE_CONV_2D
                        && convolution.code() != TfliteOperator.CONV_2D) {
            throw operator.wrong("a convolution between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND", "another graph");
        }
    }

    /** The zeros around a map that is cut into grids, convolved and joined, with what is cropped taken off. */
    private Operation.Border dilatedBorder(TfliteOperator before, TfliteOperator behind) {
        long[] rate = constants(before, 1, 2);
        if (rate[0] != rate[1] || rate[0] < 1 || rate[0] > MAX_RATE || !Arrays.equals(rate, constants(behind, 1, 2))) {
            throw before.wrong("one block size for both axes, at most " + MAX_RATE + ", and the same behind",
                    ModelFile.printable(Arrays.toString(rate)));
        }
        long[] zeros = constants(before, 2, 4);
        long[] crops = constants(behind, 2, 4);
        return new Operation.Border(
                zeros[0] - crops[0], zeros[1] - crops[1], zeros[2] - crops[2], zeros[3] - crops[3]);
    }

    /** The integers of a constant input, as many as there have to be. */
    private long[] constants(TfliteOperator operator, int input, int count) {
        TfliteTensor tensor = original(operator.input(input));
        long[] values = tensor.integers();
        if (values.length != count) {
            throw tensor.wrong(count + " values", String.valueOf(values.length));
        }
        return values;
    }

    /** A tensor, or what it is a copy of. */
    private TfliteTensor original(int tensor) {
        return tensors.get(copies.original(names.get(tensor)));
    }

    private TfliteTensor kernel(TfliteOperator operator, int rank) {
        TfliteTensor kernel = original(operator.input(1));
        if (kernel.shape().size() != rank) {
            throw kernel.wrong("a kernel of " + rank + " axes", kernel.shape().toString());
        }
        return kernel;
    }

    private Optional<Constant> bias(TfliteOperator operator, TfliteTensor kernel) {
        if (operator.inputs().length < 3 || operator.inputs()[2] == TfliteOperator.ABSENT) {
            return Optional.empty();
        }
        TfliteTensor bias = original(operator.input(2));
        Optional<TfliteTensor.Quantisation> input = model.tensors().get(operator.input(0)).quantisation();
        Optional<TfliteTensor.Quantisation> scheme = bias.quantisation()
                .or(() -> input.flatMap(of ->
                        kernel.quantisation().map(weights -> TfliteTensor.Quantisation.ofBias(of, weights))));
        return Optional.of(new Constant.View(bias, bias.shape(), () -> bias.floats(scheme)));
    }

    private Operation.Border border(TfliteOperator operator) {
        TfliteTensor tensor = original(operator.input(1));
        if (!tensor.shape().equals(List.of(4, 2))) {
            throw tensor.wrong("paddings of shape [4, 2]", tensor.shape().toString());
        }
        long[] zeros = tensor.integers();
        if (zeros[0] != 0 || zeros[1] != 0 || zeros[6] != 0 || zeros[7] != 0) {
            throw tensor.wrong("no padding of batch and channels", "some");
        }
        return new Operation.Border(zeros[2], zeros[3], zeros[4], zeros[5]);
    }

    private void requireMapAxes(TfliteOperator operator) {
        TfliteTensor axes = original(operator.input(1));
        Set<Long> found = new HashSet<>();
        if (axes.shape().size() <= 1) {
            for (long axis : axes.integers()) {
                found.add(axis < 0 ? axis + 4 : axis);
            }
        }
        if (!found.equals(Set.of(1L, 2L))) {
            throw axes.wrong("an average over axes 1 and 2", ModelFile.printable(found.toString()));
        }
    }
}
