package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A graph as a chain of nodes from its input to its output. Each reads what the one before it made; only a sum may read
 * another value of the chain, too.
 */
final class GraphChain {

    /**
     * One node of the chain.
     *
     * @param node the node
     * @param input the value that the link before it made
     * @param addend the other value of a sum; {@code input} for all others
     */
    record Link(Graph.Node node, String input, String addend) {}

    private final Graph graph;
    private final Map<String, List<Graph.Node>> readers = new HashMap<>();

    private GraphChain(Graph graph) {
        this.graph = graph;
        for (Graph.Node node : graph.nodes()) {
            for (String input : node.inputs()) {
                readers.computeIfAbsent(original(input), key -> new ArrayList<>()).add(node);
            }
        }
    }

    /**
     * Orders a graph's nodes.
     *
     * @return them in execution order
     * @throws InvalidInputException where the graph branches other than around sums, runs in a circle, or has nodes beside
     *     the chain
     */
    static List<Link> of(Graph graph) {
        return new GraphChain(graph).follow();
    }

    private String original(String value) {
        return graph.copies().original(value);
    }

    private List<Link> follow() {
        List<Link> links = new ArrayList<>();
        Set<Graph.Node> visited = Collections.newSetFromMap(new IdentityHashMap<>());
        String value = original(graph.input().value());
        String end = original(graph.output());
        while (!value.equals(end)) {
            Graph.Node node = next(value);
            if (!visited.add(node)) {
                throw graph.wrong(node, "an acyclic graph", "the operator behind itself");
            }
            String first = original(node.inputs().getFirst());
            String last = original(node.inputs().getLast());
            links.add(new Link(node, value, first.equals(value) ? last : first));
            value = original(node.output());
        }
        for (Graph.Node node : graph.nodes()) {
            if (!visited.contains(node)) {
                throw graph.wrong(node, "one way from input to output", "an operator beside it");
            }
        }
        return links;
    }

    /** The node behind a value: what starts the next block, or else the sum that ends this one. */
    private Graph.Node next(String value) {
        List<Graph.Node> layers = new ArrayList<>();
        List<Graph.Node> sums = new ArrayList<>();
        for (Graph.Node reader : readers.getOrDefault(value, List.of())) {
            (reader.operation() instanceof Operation.Sum ? sums : layers).add(reader);
        }
        List<Graph.Node> candidates = layers.isEmpty() ? sums : layers;
        if (candidates.size() != 1) {
            throw graph.wrong(
                    value,
                    "one layer that reads it",
                    candidates.isEmpty() ? "none" : candidates.get(0).place() + " and " + candidates.get(1).place());
        }
        return candidates.getFirst();
    }
}
