package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.Padding;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A model file's graph in the terms that formats share. Readers translate theirs into it, node by node;
 * {@link GraphLayers} finds the layers in it. Values go by names, which are the file's where those are unique.
 *
 * @param file for messages
 * @param input the picture
 * @param output the value that the network gives
 * @param nodes in any order; none for copies
 * @param copies values that are others
 * @param padding the format's own convention, for networks in which no layer tells
 */
record Graph(Path file, Input input, String output, List<Node> nodes, Copies copies, Padding padding) {

    /**
     * The picture.
     *
     * @param value its name
     * @param height in pixels
     * @param width in pixels
     * @param channels of a pixel
     */
    record Input(String value, int height, int width, int channels) {}

    /**
     * One operation.
     *
     * @param place where it stands in the file, for messages
     * @param operation with its constants
     * @param inputs the data: two values for a {@link Operation.Sum}, one for all others
     * @param output what it makes
     */
    record Node(String place, Operation operation, List<String> inputs, String output) {}

    /** What is at fault with a value. */
    InvalidInputException wrong(String value, String expected, String found) {
        return InvalidInputException.of(file, "tensor " + ModelFile.printable(value), expected, found);
    }

    /** What is at fault with a node. */
    InvalidInputException wrong(Node node, String expected, String found) {
        return InvalidInputException.of(file, node.place(), expected, found);
    }

    /** The same without nodes that the output does not come from. */
    Graph pruned() {
        Map<String, List<Node>> makers = new HashMap<>();
        for (Node node : nodes) {
            makers.computeIfAbsent(copies.original(node.output), key -> new ArrayList<>()).add(node);
        }
        Set<Node> needed = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<String> open = new ArrayDeque<>(List.of(copies.original(output)));
        while (!open.isEmpty()) {
            for (Node node : makers.getOrDefault(open.pop(), List.of())) {
                if (needed.add(node)) {
                    node.inputs.forEach(value -> open.push(copies.original(value)));
                }
            }
        }
        return new Graph(file, input, output, nodes.stream().filter(needed::contains).toList(), copies, padding);
    }
}
