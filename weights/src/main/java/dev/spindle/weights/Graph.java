package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.Padding;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

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

    /** The side of the picture where a file leaves it open. */
    static final int OPEN_SIDE = 224;

    /** What a reader says of that. */
    static final String OPEN_NOTE = "the input's size is left open: " + OPEN_SIDE + " pixels are assumed";

    /**
     * The picture.
     *
     * @param value its name
     * @param height in pixels
     * @param width in pixels
     * @param channels of a pixel
     */
    record Input(String value, int height, int width, int channels) {

        /**
         * A picture of which a file may leave something open.
         *
         * @param value its name
         * @param height {@link #OPEN_SIDE} is assumed where it is not positive
         * @param width as the height
         * @param channels three are assumed where it is not positive
         */
        static Input of(String value, long height, long width, long channels) {
            return new Input(value, size(height, OPEN_SIDE), size(width, OPEN_SIDE), size(channels, 3));
        }

        private static int size(long found, int open) {
            return found > 0 ? Math.clamp(found, 1, Integer.MAX_VALUE) : open;
        }
    }

    /**
     * One operation.
     *
     * @param place where it stands in the file, for messages
     * @param operation with its constants
     * @param inputs the data: two values for a {@link Operation.Sum} or a {@link Operation.Concatenation}, one for all others
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

    /**
     * The nodes that a value comes from, of whatever form a file has them in.
     *
     * @param value where to begin
     * @param makers nodes by what they make
     * @param inputs the values that a node reads
     */
    static <N> Set<N> sources(String value, Map<String, N> makers, Function<N, ? extends Iterable<String>> inputs) {
        Set<N> sources = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<String> open = new ArrayDeque<>(List.of(value));
        while (!open.isEmpty()) {
            N maker = makers.get(open.pop());
            if (maker != null && sources.add(maker)) {
                inputs.apply(maker).forEach(open::push);
            }
        }
        return sources;
    }
}
