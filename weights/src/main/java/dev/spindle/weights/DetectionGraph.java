package dev.spindle.weights;

import dev.spindle.detection.PostProcessing;
import dev.spindle.network.MapSize;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Finds an SSDLite head in a graph, from its predictions back: boxes and classes of one map have its value as their nearest
 * common source, and the coarsest map has all others among its sources. Names do not matter.
 */
final class DetectionGraph {

    /**
     * What a graph predicts.
     *
     * @param boxes values of box predictions, the finest map first
     * @param classes values of class predictions of the same maps
     * @param background whether the first class prediction of an anchor is that it shows nothing
     * @param postProcessing what comes behind the layers, for maps of these sizes
     */
    record Predictions(
            List<String> boxes,
            List<String> classes,
            boolean background,
            Function<List<MapSize>, PostProcessing> postProcessing) {}

    private final Graph graph;
    private final Map<String, Graph.Node> makers = new HashMap<>();
    private final Set<Graph.Node> used = new HashSet<>();

    private DetectionGraph(Graph graph) {
        this.graph = graph;
        for (Graph.Node node : graph.nodes()) {
            makers.put(original(node.output()), node);
        }
    }

    /**
     * Finds all layers.
     *
     * @throws dev.spindle.InvalidInputException where the graph is another than this
     */
    static GraphLayers.Result find(Graph graph, Predictions predictions) {
        return new DetectionGraph(graph).layers(predictions);
    }

    private String original(String value) {
        return graph.copies().original(value);
    }

    private GraphLayers.Result layers(Predictions predictions) {
        List<String> maps = new ArrayList<>();
        for (int i = 0; i < predictions.boxes.size(); i++) {
            maps.add(map(predictions.boxes.get(i), predictions.classes.get(i)));
        }
        GraphLayers whole = GraphLayers.follow(part(graph.input(), maps.getLast()));
        GraphSteps.Trunk trunk = whole.convolutions().trunk(maps);
        List<LayerStack.Predictor> predictors = new ArrayList<>();
        for (int i = 0; i < maps.size(); i++) {
            Graph.Input map = trunk.maps().get(i);
            predictors.add(new LayerStack.Predictor(
                    GraphLayers.follow(part(map, predictions.boxes.get(i))).convolutions().branch(),
                    GraphLayers.follow(part(map, predictions.classes.get(i))).convolutions().branch()));
        }
        for (Graph.Node node : graph.nodes()) {
            if (!used.contains(node)) {
                throw graph.wrong(node, "a part of the detector", "an operator beside it");
            }
        }
        return whole.result(new LayerStack(
                trunk.stem(),
                trunk.blocks(),
                new LayerStack.Detector(
                        trunk.tap(), trunk.last(), trunk.extras(), predictors, predictions.background,
                        predictions.postProcessing)));
    }

    /** The map that two predictions are of: the last value on the way to the one that is also on the way to the other. */
    private String map(String boxes, String classes) {
        Set<String> sources = new HashSet<>(way(classes));
        return way(boxes).stream()
                .filter(sources::contains)
                .findFirst()
                .orElseThrow(() -> graph.wrong(boxes, "a map that classes are predicted of, too", "none"));
    }

    /** A value, what it was made from, and so on; of sums the first addend. */
    private List<String> way(String value) {
        List<String> way = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        String at = original(value);
        while (seen.add(at)) {
            way.add(at);
            Graph.Node maker = makers.get(at);
            if (maker == null) {
                return way;
            }
            at = original(maker.inputs().getFirst());
        }
        throw graph.wrong(value, "an acyclic graph", "a tensor made from itself");
    }

    /** The part of the graph between two values. */
    private Graph part(Graph.Input input, String output) {
        Map<String, Graph.Node> inner = new HashMap<>(makers);
        inner.remove(original(input.value()));
        Set<Graph.Node> nodes = Graph.sources(
                original(output), inner, node -> node.inputs().stream().map(this::original).toList());
        used.addAll(nodes);
        return new Graph(graph.file(), input, output, List.copyOf(nodes), graph.copies(), graph.padding());
    }
}
