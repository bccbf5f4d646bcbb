package dev.spindle.weights;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.InvalidInputException;
import java.nio.file.Path;
import java.util.List;

/**
 * A layer as a Keras model describes it.
 *
 * @param file for messages
 * @param names the layer's, behind those of the models that it is nested in
 * @param numbered the same as Keras 3 stores weights: classes in snake case with numbers, {@code conv2d_1}
 * @param type the class, such as {@code Conv2D}
 * @param config its arguments
 * @param inputs the values that it reads
 */
record KerasLayer(
        Path file, List<String> names, List<String> numbered, String type, JsonNode config, List<String> inputs) {

    /** The value that the layer makes. */
    String output() {
        return String.join("/", names);
    }

    String place() {
        return "layer " + ModelFile.printable(output());
    }

    InvalidInputException wrong(String expected, String found) {
        return InvalidInputException.of(file, place(), expected, ModelFile.printable(found));
    }

    /** Checks an argument, naming it where it is another one. */
    void require(boolean holds, String argument, String expected) {
        if (!holds) {
            throw wrong(expected, argument + " " + config.path(argument));
        }
    }

    /** An argument that is true or false. */
    boolean flag(String argument, boolean absent) {
        JsonNode value = config.path(argument);
        require(value.isBoolean() || isAbsent(value), argument, "true or false");
        return value.asBoolean(absent);
    }

    double number(String argument, double absent) {
        JsonNode value = config.path(argument);
        require(value.isNumber() || isAbsent(value), argument, "a number");
        return value.asDouble(absent);
    }

    /** A size of both axes of a map: one number, or two. */
    long[] pair(String argument, long absent) {
        JsonNode value = config.path(argument);
        if (isAbsent(value)) {
            return new long[] {absent, absent};
        }
        JsonNode first = value.isArray() ? value.path(0) : value;
        JsonNode last = value.isArray() ? value.path(1) : value;
        require(
                first.isIntegralNumber() && last.isIntegralNumber() && value.size() <= 2, argument,
                "an integer for each axis of a map");
        return new long[] {first.asLong(), last.asLong()};
    }

    /** A size that is the same for both axes. */
    long single(String argument) {
        long[] found = pair(argument, 1);
        require(found[0] == found[1], argument, "the same for both axes");
        return found[0];
    }

    /** Checks that maps are {@code [height][width][channels]}. */
    void requireChannelsLast() {
        JsonNode format = config.path("data_format");
        require(isAbsent(format) || format.asText().equals("channels_last"), "data_format", "channels_last");
    }

    /** Whether an argument is left to Keras. */
    static boolean isAbsent(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }
}
