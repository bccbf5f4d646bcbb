package dev.spindle.weights;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds a DeepLab head in a graph, from its output back to the backbone's last map: the largest logit of each pixel, the logits
 * enlarged to the picture's size, two 1x1 convolutions of two joined branches. Of these one convolves the backbone's map, the
 * other its average, which stands for all pixels. Names do not matter, nor does the order of the branches.
 */
final class SegmentationGraph {

    private final Graph graph;
    private final Map<String, Graph.Node> makers = new HashMap<>();

    private SegmentationGraph(Graph graph) {
        this.graph = graph;
        for (Graph.Node node : graph.nodes()) {
            makers.put(original(node.output()), node);
        }
    }

    /**
     * A branch of the head.
     *
     * @param input the map that it starts from, before any average
     * @param pooled whether it averages that map first
     * @param convolved what its convolution reads
     * @param output what it gives to be joined, before that stands for all pixels
     */
    private record Branch(String input, boolean pooled, String convolved, String output) {}

    /** Whether a graph enlarges a map, as only those of segmentation do. */
    static boolean isOne(Graph graph) {
        return graph.nodes().stream().anyMatch(node -> node.operation() instanceof Operation.Resize);
    }

    /**
     * Finds all layers.
     *
     * @throws dev.spindle.InvalidInputException where the graph is another than this
     */
    static GraphLayers.Result find(Graph graph) {
        return new SegmentationGraph(graph).layers();
    }

    private String original(String value) {
        return graph.copies().original(value);
    }

    private Graph.Node maker(String value, String expected) {
        Graph.Node maker = makers.get(original(value));
        if (maker == null) {
            throw graph.wrong(value, expected, "nothing that makes it");
        }
        return maker;
    }

    private static String input(Graph.Node node) {
        return node.inputs().getFirst();
    }

    private GraphLayers.Result layers() {
        String value = behind(graph.output(), Operation.Reshape.class);
        if (maker(value, "logits of pixels").operation() instanceof Operation.ArgMax) {
            value = input(makers.get(original(value)));
        }
        Graph.Node last = maker(value, "logits of pixels");
        if (!(last.operation() instanceof Operation.Resize enlarged) || !fits(enlarged, graph.input())) {
            throw graph.wrong(
                    last, "logits enlarged to the input's " + graph.input().height() + "x" + graph.input().width(),
                    last.operation() instanceof Operation.Resize other
                            ? other.height() + "x" + other.width()
                            : "another operation");
        }
        List<Graph.Node> resizes = new ArrayList<>();
        String logits = input(last);
        while (maker(logits, "logits").operation() instanceof Operation.Resize) {
            resizes.add(makers.get(original(logits)));
            logits = input(makers.get(original(logits)));
        }
        Graph.Node join = join(logits);
        Branch first = branch(join.inputs().getFirst(), resizes);
        Branch second = branch(join.inputs().getLast(), resizes);
        if (first.pooled == second.pooled || !original(first.input).equals(original(second.input))) {
            throw graph.wrong(join, "a branch of a map and one of its average", "others");
        }
        GraphLayers backbone = GraphLayers.follow(part(graph.input(), first.input));
        Graph.Input map = backbone.output();
        for (Graph.Node resize : resizes) {
            if (!fits((Operation.Resize) resize.operation(), map)) {
                throw graph.wrong(resize, "a map of " + map.height() + "x" + map.width() + ", as the branches are joined",
                        resize.operation().toString());
            }
        }
        Branch pooled = first.pooled ? first : second;
        Branch pixels = first.pooled ? second : first;
        if (!GraphLayers.follow(part(map, pooled.convolved)).pooled()) {
            throw graph.wrong(pooled.convolved, "an average over the whole map", "another");
        }
        Layer imagePooling = pointwise(pooled, new Graph.Input(pooled.convolved, 1, 1, map.channels()));
        Layer aspp = pointwise(
                pixels, new Graph.Input(pixels.convolved, map.height(), map.width(), map.channels()));
        int channels = imagePooling.conv().outputs() + aspp.conv().outputs();
        List<Layer> behind = GraphLayers.follow(
                        part(new Graph.Input(join.output(), map.height(), map.width(), channels), logits))
                .pointwise(2);
        return backbone.result(new LayerStack(
                backbone.stem(),
                backbone.onlyBlocks(),
                new LayerStack.Segmenter(
                        aspp, imagePooling, behind.getFirst(), behind.getLast(), first.pooled, enlarged.sampling())));
    }

    private static boolean fits(Operation.Resize resize, Graph.Input map) {
        return resize.height() == map.height() && resize.width() == map.width();
    }

    /** A value, or if operations of a kind make it, what they begin with. */
    private String behind(String value, Class<? extends Operation> skipped) {
        String found = value;
        while (makers.containsKey(original(found)) && skipped.isInstance(makers.get(original(found)).operation())) {
            found = input(makers.get(original(found)));
        }
        return found;
    }

    private Graph.Node join(String logits) {
        Graph.Node node = maker(logits, "a join of two branches");
        while (!(node.operation() instanceof Operation.Concatenation)) {
            node = maker(input(node), "a join of two branches");
        }
        if (node.inputs().size() != 2) {
            throw graph.wrong(node, "a join of two branches", node.inputs().size() + " of them");
        }
        return node;
    }

    /** @param resizes receives what makes the pixels of a branch as many as there are */
    private Branch branch(String joined, List<Graph.Node> resizes) {
        String output = joined;
        while (maker(output, "a branch").operation() instanceof Operation.Resize) {
            resizes.add(makers.get(original(output)));
            output = input(makers.get(original(output)));
        }
        String at = output;
        Graph.Node node = maker(at, "a branch");
        while (!(node.operation() instanceof Operation.Convolution)) {
            at = input(node);
            node = maker(at, "a convolution of a branch");
        }
        String convolved = input(node);
        String start = convolved;
        boolean pooled = false;
        for (Graph.Node maker = makers.get(original(start)); maker != null; maker = makers.get(original(start))) {
            boolean averages =
                    maker.operation() instanceof Operation.Pool || maker.operation() instanceof Operation.Mean;
            if (!averages && !(maker.operation() instanceof Operation.Reshape)) {
                break;
            }
            pooled |= averages;
            start = input(maker);
        }
        return new Branch(start, pooled, convolved, output);
    }

    private Layer pointwise(Branch branch, Graph.Input input) {
        return GraphLayers.follow(part(input, branch.output)).pointwise(1).getFirst();
    }

    /** The part of the graph between two values. */
    private Graph part(Graph.Input input, String output) {
        Map<String, Graph.Node> inner = new HashMap<>(makers);
        inner.remove(original(input.value()));
        Set<Graph.Node> nodes = Graph.sources(
                original(output), inner, node -> node.inputs().stream().map(this::original).toList());
        return new Graph(graph.file(), input, output, List.copyOf(nodes), graph.copies(), graph.padding());
    }
}
