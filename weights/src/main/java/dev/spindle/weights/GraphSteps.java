package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Convolutions that {@link GraphLayers} found one after another, and the blocks and branches that they form.
 *
 * @param graph for messages
 * @param steps in execution order
 */
record GraphSteps(Graph graph, List<GraphStep> steps) {

    /** The blocks of a range of convolutions, which the last one may leave. */
    List<LayerStack.Block> blocks(int from, int to) {
        List<LayerStack.Block> blocks = new ArrayList<>();
        int next = from;
        while (next < to) {
            GraphStep first = steps.get(next);
            Optional<GraphStep> expand = Optional.empty();
            if (!first.linear.isDepthwise()) {
                expand = Optional.of(at(next, false, "a 1x1 convolution that begins a block"));
                next++;
            }
            GraphStep depthwise = at(next, true, "a depthwise convolution of a block");
            GraphStep project = at(next + 1, false, "a 1x1 convolution that ends a block");
            expand.ifPresent(this::requireNoSum);
            requireNoSum(depthwise);
            boolean residual = project.addend != null;
            if (residual && !project.addend.equals(first.input)) {
                throw graph.wrong(project.node, "the block's own input added to it", "another tensor");
            }
            blocks.add(new LayerStack.Block(expand.map(this::layer), layer(depthwise), layer(project), residual));
            next += 2;
        }
        return blocks;
    }

    /**
     * What a detector predicts on.
     *
     * @param tap the place of the layer that makes the finest map
     * @param last the convolution behind the blocks, which makes the second
     * @param extras what makes the others
     * @param maps all of them, the finest first
     */
    record Trunk(
            Layer stem,
            List<LayerStack.Block> blocks,
            String tap,
            Layer last,
            List<LayerStack.Block> extras,
            List<Graph.Input> maps) {}

    /**
     * The layers of a part that ends in the coarsest map of a detector: stem, blocks, a last 1x1 convolution, further blocks.
     *
     * @param maps the maps that are predicted on, the finest first
     */
    Trunk trunk(List<String> maps) {
        int last = endOfBlocks(1);
        if (last >= steps.size()) {
            throw InvalidInputException.of(
                    graph.file(), "graph", "a 1x1 convolution behind the blocks, and further blocks", "blocks alone");
        }
        List<LayerStack.Block> extras = blocks(last + 1, steps.size());
        List<GraphStep> makers = new ArrayList<>();
        makers.add(steps.subList(0, last).stream()
                .filter(step -> step.output.equals(maps.getFirst()))
                .findFirst()
                .orElseThrow(() -> graph.wrong(maps.getFirst(), "a map of the blocks to predict on", "another")));
        makers.add(steps.get(last));
        int next = last;
        for (LayerStack.Block extra : extras) {
            next += extra.expand().isPresent() ? 3 : 2;
            makers.add(steps.get(next));
        }
        if (!makers.stream().map(step -> step.output).toList().equals(maps)) {
            throw InvalidInputException.of(
                    graph.file(), "graph", "predictions on the last 1x1 convolution and on every block behind it",
                    maps.size() + " maps, of which some are others");
        }
        requireNoSum(steps.getFirst());
        return new Trunk(
                layer(steps.getFirst()),
                blocks(1, last),
                makers.getFirst().linear.name(),
                layer(at(last, false, "a 1x1 convolution behind the blocks")),
                extras,
                makers.stream()
                        .map(step -> new Graph.Input(step.output, step.height, step.width, step.linear.outputs()))
                        .toList());
    }

    /** The first convolution of 1x1 from one on that is not part of a block; the end where there is none. */
    private int endOfBlocks(int from) {
        int next = from;
        while (next < steps.size()) {
            boolean expands = !steps.get(next).linear.isDepthwise();
            if (expands && (next + 1 >= steps.size() || !steps.get(next + 1).linear.isDepthwise())) {
                return next;
            }
            next += expands ? 3 : 2;
        }
        return next;
    }

    /** The layers of a part that predicts. */
    LayerStack.Branch branch() {
        boolean filters = steps.size() > 1;
        Optional<Layer> depthwise = filters
                ? Optional.of(layer(at(0, true, "a depthwise convolution that predicts")))
                : Optional.empty();
        Layer project = layer(at(filters ? 1 : 0, false, "a 1x1 convolution that predicts"));
        steps.forEach(this::requireNoSum);
        if (steps.size() > 2) {
            throw graph.wrong(
                    graph.output(), "a 3x3 depthwise and a 1x1 convolution, or the latter alone, that predict",
                    steps.size() + " convolutions");
        }
        return new LayerStack.Branch(depthwise, project);
    }

    /** The layer that a step is. */
    Layer layer(GraphStep step) {
        Conv linear = step.linear;
        Conv conv = new Conv(
                linear.name(), linear.inputs(), linear.outputs(), linear.kernel(), linear.stride(), linear.dilation(),
                linear.groups(), activation(step));
        return new Layer(conv, step.weights());
    }

    private Activation activation(GraphStep step) {
        for (Activation activation : Activation.values()) {
            if (step.clamp.equals(Operation.Clamp.of(activation))) {
                return activation;
            }
        }
        throw graph.wrong(
                step.clampedBy,
                "bounds of ReLU or ReLU6",
                step.clamp.lowest() + " to " + step.clamp.highest());
    }

    /** A step that has to be a depthwise convolution, or one of 1x1. */
    GraphStep at(int index, boolean depthwise, String expected) {
        if (index >= steps.size()) {
            throw InvalidInputException.of(graph.file(), "operators", expected, "the global average");
        }
        GraphStep step = steps.get(index);
        Conv conv = step.linear;
        boolean pointwise = conv.kernel() == 1 && conv.groups() == 1 && conv.stride() == 1;
        if (depthwise ? !conv.isDepthwise() : !pointwise) {
            throw graph.wrong(
                    step.node,
                    expected,
                    conv.kernel() + "x" + conv.kernel() + ", " + conv.groups() + " groups, stride " + conv.stride());
        }
        return step;
    }

    /** Checks that nothing is added to what a step makes. */
    void requireNoSum(GraphStep step) {
        if (step.addend != null) {
            throw graph.wrong(step.node, "no sum within a block", "another tensor added to it");
        }
    }
}
