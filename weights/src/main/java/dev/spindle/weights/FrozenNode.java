package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.weights.schema.TensorFlow.AttrValue;
import dev.spindle.weights.schema.TensorFlow.NodeDef;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A node of a frozen TensorFlow graph.
 *
 * @param file for messages
 * @param proto what the file says
 * @param inputs the nodes that it reads, by name; those that it only waits for are left out
 */
record FrozenNode(Path file, NodeDef proto, List<String> inputs) {

    static FrozenNode of(Path file, NodeDef proto) {
        List<String> inputs = new ArrayList<>();
        for (String input : proto.getInputList()) {
            if (!input.startsWith("^")) {
                // A node's first output has two names.
                inputs.add(input.endsWith(":0") ? input.substring(0, input.length() - 2) : input);
            }
        }
        return new FrozenNode(file, proto, inputs);
    }

    /** The node's place in messages. */
    String place() {
        return "node " + ModelFile.printable(name()) + " " + ModelFile.printable(operation());
    }

    /** What is at fault here. */
    InvalidInputException wrong(String expected, String found) {
        return InvalidInputException.of(file, place(), expected, found);
    }

    String name() {
        return proto.getName();
    }

    String operation() {
        return proto.getOp();
    }

    String input(int number) {
        if (number >= inputs.size()) {
            throw wrong("an input " + number, "none");
        }
        return inputs.get(number);
    }

    AttrValue attribute(String name) {
        return proto.getAttrOrDefault(name, AttrValue.getDefaultInstance());
    }

    String text(String name) {
        return ModelFile.printable(attribute(name).getS().toStringUtf8());
    }

    boolean flag(String name) {
        return attribute(name).getB();
    }

    /**
     * The sizes along height and width of an attribute with one for each axis.
     *
     * @param absent both, where there is no such attribute
     */
    long[] mapSizes(String name, long absent) {
        if (!proto.containsAttr(name)) {
            return new long[] {absent, absent};
        }
        long[] sizes = attribute(name).getList().getIList().stream().mapToLong(Long::longValue).toArray();
        if (sizes.length != 4 || sizes[0] != 1 || sizes[3] != 1) {
            throw wrong(name + " of [1, height, width, 1]", ModelFile.printable(Arrays.toString(sizes)));
        }
        return new long[] {sizes[1], sizes[2]};
    }

    /** The same size along height and width. */
    long mapSize(String name, long absent) {
        long[] sizes = mapSizes(name, absent);
        if (sizes[0] != sizes[1]) {
            throw wrong("one of " + name + " for both axes", sizes[0] + " and " + sizes[1]);
        }
        return sizes[0];
    }

    /** Whether the operation pads as SAME; if not, it is VALID and does not pad. */
    boolean isSame() {
        return switch (text("padding")) {
            case "SAME" -> true;
            case "VALID" -> false;
            default -> throw wrong("padding SAME or VALID", text("padding"));
        };
    }

    /** Checks that maps have their channels last. */
    void requireChannelsLast() {
        if (proto.containsAttr("data_format") && !text("data_format").equals("NHWC")) {
            throw wrong("data_format NHWC", text("data_format"));
        }
    }
}
