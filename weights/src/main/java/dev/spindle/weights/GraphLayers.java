package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.BatchNorm;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Follows a graph from its input to its output and finds the layers of a MobileNet classifier in it: convolutions with
 * batch normalisation and activation, sums around blocks, a global average, a dense layer, perhaps a softmax. Names do
 * not matter.
 */
final class GraphLayers {

    private static final int MAX_DILATION = 64;

    private final Graph graph;
    private final Set<Constant> kernels = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<GraphStep> steps = new ArrayList<>();
    private final GraphSteps found;
    private final EnumSet<Padding> paddings = EnumSet.allOf(Padding.class);

    private int channels;
    private int height;
    private int width;
    /** Zeros that wait for a convolution, and the value that they are around. */
    private Operation.Border border = Operation.Border.NONE;
    private Optional<String> bordered = Optional.empty();
    private boolean rowsAveraged;
    private boolean columnsAveraged;
    private GraphStep classifier;
    private boolean finished;
    private double epsilon = Double.NaN;

    private GraphLayers(Graph graph) {
        this.graph = graph;
        this.found = new GraphSteps(graph, steps);
        this.height = graph.input().height();
        this.width = graph.input().width();
        this.channels = graph.input().channels();
    }

    /**
     * What a graph holds.
     *
     * @param layers in execution order
     * @param padding where convolutions put their zeros
     * @param epsilon of the first batch normalisation; NaN where there is none
     */
    record Result(LayerStack layers, Padding padding, double epsilon) {}

    /**
     * Follows a graph.
     *
     * @throws InvalidInputException where the graph is not that of a MobileNet classifier, naming the node
     */
    static Result find(Graph graph) {
        if (SegmentationGraph.isOne(graph)) {
            return SegmentationGraph.find(graph);
        }
        GraphLayers layers = follow(graph);
        return layers.result(layers.classifierStack());
    }

    /** Follows a graph, or a part of one whose input is any map. */
    static GraphLayers follow(Graph graph) {
        GraphLayers layers = new GraphLayers(graph);
        layers.requireInput();
        for (GraphChain.Link link : GraphChain.of(graph)) {
            layers.apply(link);
            layers.mark(link.node());
        }
        return layers;
    }

    private void mark(Graph.Node node) {
        if (!steps.isEmpty() && !(node.operation() instanceof Operation.Pad)) {
            GraphStep last = steps.getLast();
            last.output = graph.copies().original(node.output());
            last.height = height;
            last.width = width;
        }
    }

    /** The convolutions of a part that has nothing else. */
    GraphSteps convolutions() {
        if (steps.isEmpty() || classifier != null || rowsAveraged || columnsAveraged) {
            throw graph.wrong(graph.output(), "convolutions before it", steps.isEmpty() ? "none" : "an average, too");
        }
        return found;
    }

    /** What was found out about convolutions, with a stack of them. */
    Result result(LayerStack stack) {
        Padding padding = paddings.contains(graph.padding()) ? graph.padding() : paddings.iterator().next();
        return new Result(stack, padding, epsilon);
    }

    /** The map behind the last layer. */
    Graph.Input output() {
        return new Graph.Input(graph.output(), height, width, channels);
    }

    /** The layers of a part that has nothing but as many 1x1 convolutions. */
    List<Layer> pointwise(int count) {
        if (steps.size() != count || classifier != null || rowsAveraged || columnsAveraged) {
            throw InvalidInputException.of(
                    graph.file(), "operators before tensor " + ModelFile.printable(graph.output()),
                    "1x1 convolutions only, as many as " + count, steps.size() + " convolutions");
        }
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            GraphStep step = found.at(i, false, "a 1x1 convolution of a segmentation head");
            found.requireNoSum(step);
            layers.add(found.layer(step));
        }
        return layers;
    }

    private void requireInput() {
        if (height < 1 || width < 1 || height > Network.MAX_SIDE || width > Network.MAX_SIDE) {
            throw graph.wrong(
                    graph.input().value(),
                    "an input of at least 1 and at most " + Network.MAX_SIDE + " pixels a side",
                    height + "x" + width);
        }
    }

    private void apply(GraphChain.Link link) {
        Graph.Node node = link.node();
        switch (node.operation()) {
            case Operation.Convolution convolution -> {
                if (pooled()) {
                    requirePlain(node, convolution);
                    List<Integer> shape = shape(node, convolution.kernel(), 4);
                    boolean single = shape.get(2) == 1 && shape.get(3) == 1;
                    classify(link, convolution.kernel(), single, convolution.bias());
                } else {
                    convolve(link, convolution);
                }
            }
            case Operation.Dense dense -> {
                requirePooled(node, true);
                shape(node, dense.kernel(), 2);
                classify(link, dense.kernel(), true, dense.bias());
            }
            case Operation.Pad pad -> {
                requirePooled(node, false);
                requireNoBorder(node);
                border = pad.border();
                bordered = Optional.of(link.input());
            }
            case Operation.Shift shift -> {
                GraphStep last = linear(node);
                last.shift(perChannel(last, shift.values(), "bias"));
            }
            case Operation.Normalisation normalisation -> normalise(linear(node), normalisation);
            case Operation.Clamp clamp -> clamp(node, clamp);
            case Operation.Sum _ -> {
                requirePooled(node, false);
                linear(node).addend = link.addend();
            }
            case Operation.Pool pool -> {
                requireWholeMap(node, pool);
                average(node, true, true);
            }
            case Operation.Mean mean -> average(node, mean.overHeight(), mean.overWidth());
            case Operation.Reshape _ -> requirePooled(node, true);
            case Operation.Softmax _ -> finish(node);
            case Operation.Concatenation _, Operation.Resize _, Operation.ArgMax _ -> throw graph.wrong(
                    node, "an operation of a MobileNet's blocks or of a classifier", "another");
        }
    }

    /** Whether the last map is averaged over all pixels. */
    boolean pooled() {
        return rowsAveraged && columnsAveraged;
    }

    private void requirePooled(Graph.Node node, boolean expected) {
        if (expected ? !pooled() : rowsAveraged || columnsAveraged) {
            throw graph.wrong(
                    node,
                    "it " + (expected ? "behind" : "before") + " the global average",
                    "it " + (expected ? "before" : "behind"));
        }
    }

    /** Checks that no zeros wait for a convolution. */
    private void requireNoBorder(Graph.Node node) {
        if (!border.equals(Operation.Border.NONE)) {
            throw graph.wrong(node, "a convolution without zeros of its own behind zeros", "this");
        }
    }

    /** The sizes of a kernel that no other layer has used. */
    private List<Integer> shape(Graph.Node node, Constant kernel, int rank) {
        if (!kernels.add(kernel.origin())) {
            throw kernel.wrong("one layer that uses it", node.place() + " too");
        }
        List<Integer> shape = kernel.shape();
        if (shape.size() != rank || shape.contains(0)) {
            throw kernel.wrong("a kernel of " + rank + " axes", shape.toString());
        }
        return shape;
    }

    private void convolve(GraphChain.Link link, Operation.Convolution operation) {
        Graph.Node node = link.node();
        requirePooled(node, false);
        Constant kernel = operation.kernel();
        List<Integer> shape = shape(node, kernel, 4);
        boolean depthwise = operation.groups() > 1 && operation.groups() == channels;
        int outputs = shape.getFirst();
        int side = shape.get(2);
        boolean fits = shape.get(1) == (depthwise ? 1 : channels) && (!depthwise || outputs == channels);
        if (!fits || side != shape.get(3) || (!depthwise && operation.groups() != 1)) {
            throw kernel.wrong(
                    "a kernel of [outputs][" + channels + "][size][size] in one group, or of [" + channels
                            + "][1][size][size] in as many",
                    "one of " + shape + " in " + operation.groups());
        }
        if (operation.dilation() < 1 || operation.dilation() > MAX_DILATION) {
            throw graph.wrong(node, "a dilation of 1 to " + MAX_DILATION, String.valueOf(operation.dilation()));
        }
        Conv conv = ModelFile.valid(
                graph.file(),
                () -> new Conv(
                        node.place(),
                        channels,
                        outputs,
                        side,
                        Math.clamp(operation.stride(), 0, Integer.MAX_VALUE),
                        (int) operation.dilation(),
                        depthwise ? channels : 1,
                        Activation.LINEAR));
        requirePadding(node, conv, operation.border());
        steps.add(step(node, bordered.orElse(link.input()), conv, kernel, operation.bias()));
        channels = outputs;
        height = Padding.outputSize(height, conv.stride());
        width = Padding.outputSize(width, conv.stride());
        border = Operation.Border.NONE;
        bordered = Optional.empty();
    }

    private static GraphStep step(Graph.Node node, String input, Conv conv, Constant kernel, Optional<Constant> bias) {
        GraphStep step = new GraphStep(node, input, conv, kernel.floats());
        step.bias = bias.map(values -> perChannel(step, values, "bias")).orElse(null);
        return step;
    }

    /** The values of a constant with one for each output of a layer. */
    private static float[] perChannel(GraphStep step, Constant values, String what) {
        if (!values.shape().equals(List.of(step.linear.outputs()))) {
            throw values.wrong("a " + what + " of shape [" + step.linear.outputs() + "]", values.shape().toString());
        }
        return values.floats();
    }

    /** Keeps the conventions that put the zeros where this convolution has them. */
    private void requirePadding(Graph.Node node, Conv conv, Optional<Operation.Border> own) {
        if (own.isEmpty() || !own.get().equals(Operation.Border.NONE)) {
            requireNoBorder(node);
        }
        Operation.Border zeros = own.filter(found -> !found.equals(Operation.Border.NONE)).orElse(border);
        if (own.isEmpty()) {
            if (conv.stride() > 1) {
                paddings.remove(Padding.SYMMETRIC);
            }
        } else {
            paddings.removeIf(padding -> !pads(padding, conv, height, zeros.top(), zeros.bottom())
                    || !pads(padding, conv, width, zeros.left(), zeros.right()));
        }
        if (paddings.isEmpty()) {
            throw graph.wrong(
                    node,
                    "zeros as all other layers have them, symmetric or as SAME",
                    own.isEmpty() ? "SAME" : zeros.toString());
        }
    }

    /** Whether a convention gives the same outputs along one axis as zeros before and behind without any other. */
    private static boolean pads(Padding padding, Conv conv, int input, long before, long behind) {
        int reach = conv.dilation() * (conv.kernel() - 1);
        long room = input + before + behind - reach - 1;
        return before == padding.before(input, conv.kernel(), conv.stride(), conv.dilation())
                && room >= 0
                && room / conv.stride() + 1 == Padding.outputSize(input, conv.stride());
    }

    private void normalise(GraphStep last, Operation.Normalisation found) {
        BatchNorm norm = ModelFile.valid(
                graph.file(),
                () -> new BatchNorm(
                        perChannel(last, found.gamma(), "scale"),
                        perChannel(last, found.beta(), "shift"),
                        perChannel(last, found.mean(), "mean"),
                        perChannel(last, found.variance(), "variance"),
                        found.epsilon()));
        last.normalise(norm);
        if (Double.isNaN(epsilon)) {
            epsilon = found.epsilon();
        }
    }

    private void clamp(Graph.Node node, Operation.Clamp clamp) {
        requirePooled(node, false);
        requireNoBorder(node);
        if (steps.isEmpty() || steps.getLast().addend != null || !(clamp.lowest() <= clamp.highest())) {
            throw graph.wrong(
                    node, "bounds behind a convolution", steps.isEmpty() ? "none before" : clamp.toString());
        }
        GraphStep last = steps.getLast();
        last.clamp = last.clamp.then(clamp);
        last.clampedBy = node;
    }

    /** The layer, without activation and sum, that a node follows directly. */
    private GraphStep linear(Graph.Node node) {
        if (classifier != null && !finished) {
            return classifier;
        }
        requirePooled(node, false);
        requireNoBorder(node);
        if (steps.isEmpty()
                || !steps.getLast().clamp.equals(Operation.Clamp.NONE)
                || steps.getLast().addend != null) {
            throw graph.wrong(node, "it behind a linear convolution", "it elsewhere");
        }
        return steps.getLast();
    }

    private void requireWholeMap(Graph.Node node, Operation.Pool pool) {
        boolean single = !pool.same() || (pool.strideHeight() >= height && pool.strideWidth() >= width);
        if (pool.height() != height || pool.width() != width || !single) {
            throw graph.wrong(
                    node,
                    "an average over the whole map of " + height + "x" + width,
                    "a filter of " + pool.height() + "x" + pool.width());
        }
    }

    private void average(Graph.Node node, boolean overHeight, boolean overWidth) {
        requireNoBorder(node);
        if ((overHeight && rowsAveraged) || (overWidth && columnsAveraged)) {
            throw graph.wrong(node, "one average over each axis of the map", "another");
        }
        rowsAveraged |= overHeight;
        columnsAveraged |= overWidth;
    }

    /** Checks that a convolution on one pixel is nothing but a dense layer. */
    private void requirePlain(Graph.Node node, Operation.Convolution operation) {
        boolean bordered = operation.border().filter(found -> !found.equals(Operation.Border.NONE)).isPresent();
        if (operation.groups() != 1 || bordered) {
            throw graph.wrong(node, "one group and no zeros behind the global average", "others");
        }
    }

    private void classify(GraphChain.Link link, Constant kernel, boolean single, Optional<Constant> bias) {
        List<Integer> shape = kernel.shape();
        if (classifier != null || shape.get(1) != channels || !single) {
            throw kernel.wrong(
                    "the only dense layer behind the global average, on " + channels + " features",
                    "a kernel of shape " + shape);
        }
        Conv conv = Conv.pointwise(link.node().place(), channels, shape.getFirst(), Activation.LINEAR);
        classifier = step(link.node(), link.input(), conv, kernel, bias);
    }

    private void finish(Graph.Node node) {
        if (classifier == null || finished) {
            throw graph.wrong(node, "one softmax, behind the dense layer", "it elsewhere");
        }
        finished = true;
    }

    private LayerStack classifierStack() {
        if (steps.isEmpty() || classifier == null) {
            throw InvalidInputException.of(
                    graph.file(),
                    "graph",
                    "convolutions, a global average and a dense layer",
                    steps.isEmpty() ? "no convolution" : "no dense layer");
        }
        List<LayerStack.Block> blocks = blocks();
        int next = blocks.stream().mapToInt(block -> block.expand().isPresent() ? 3 : 2).sum() + 1;
        Optional<GraphStep> head =
                next < steps.size() ? Optional.of(found.at(next, false, "a 1x1 convolution as head")) : Optional.empty();
        head.ifPresent(found::requireNoSum);
        return new LayerStack(stem(), blocks, head.map(found::layer), classifier.weights(), classifier.linear.outputs());
    }

    /** The first convolution. */
    Layer stem() {
        found.requireNoSum(steps.getFirst());
        return found.layer(steps.getFirst());
    }

    /** The blocks behind the stem; a last convolution may follow. */
    List<LayerStack.Block> blocks() {
        return found.blocks(1, steps.size() - 1);
    }

    /** The blocks behind the stem, which nothing follows. */
    List<LayerStack.Block> onlyBlocks() {
        if (steps.isEmpty() || classifier != null || rowsAveraged || columnsAveraged) {
            throw InvalidInputException.of(
                    graph.file(), "graph", "a stem and blocks before the segmentation head",
                    steps.isEmpty() ? "no convolution" : "an average over the map");
        }
        List<LayerStack.Block> blocks = blocks();
        int used = blocks.stream().mapToInt(block -> block.expand().isPresent() ? 3 : 2).sum() + 1;
        if (used != steps.size()) {
            throw graph.wrong(steps.get(used).node, "a block", "a single convolution");
        }
        return blocks;
    }
}
