package dev.spindle.weights;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.InvalidInputException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The fields of a JSON object that has to have just these: one that is missing or unknown would mean something that is
 * not understood here.
 *
 * @param file for messages
 * @param place in the file, for messages
 * @param object has the fields
 */
record JsonFields(Path file, String place, JsonNode object) {

    /** Checks that a value is an object with just these fields. */
    static JsonFields of(Path file, String place, JsonNode value, String... names) {
        if (!value.isObject()) {
            throw InvalidInputException.of(file, place, "a JSON object", ModelFile.printable(value.toString()));
        }
        Set<String> expected = new TreeSet<>(List.of(names));
        Set<String> found = new TreeSet<>();
        value.fieldNames().forEachRemaining(found::add);
        if (!found.equals(expected)) {
            throw InvalidInputException.of(
                    file, place, "the fields " + expected, ModelFile.printable(found.toString()));
        }
        return new JsonFields(file, place, value);
    }

    /** A field of any kind. */
    JsonNode value(String name) {
        return object.get(name);
    }

    /** A field that is an object with just these fields itself. */
    JsonFields fields(String name, String... names) {
        return of(file, place(name), value(name), names);
    }

    /** Where a field is, for messages. */
    String place(String name) {
        return place + "." + name;
    }

    int integer(String name) {
        JsonNode value = value(name);
        return require(name, value.isIntegralNumber() && value.canConvertToInt(), "an integer").intValue();
    }

    double number(String name) {
        return require(name, value(name).isNumber(), "a number").doubleValue();
    }

    boolean flag(String name) {
        return require(name, value(name).isBoolean(), "true or false").booleanValue();
    }

    String text(String name) {
        return require(name, value(name).isTextual(), "a string").textValue();
    }

    /** The values of an array. */
    JsonNode array(String name) {
        return require(name, value(name).isArray(), "an array");
    }

    /** A constant in lower case. */
    <E extends Enum<E>> E constant(String name, Class<E> type) {
        String text = text(name);
        for (E constant : type.getEnumConstants()) {
            if (lowerCase(constant).equals(text)) {
                return constant;
            }
        }
        String expected =
                Arrays.stream(type.getEnumConstants()).map(JsonFields::lowerCase).collect(Collectors.joining(", "));
        throw wrong(name, "one of " + expected);
    }

    /** A constant as JSON has it. */
    static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** Numbers within the range of fp32, as many as are wanted. */
    float[] floats(String name, int count) {
        JsonNode values = value(name);
        String expected = count + " numbers of fp32";
        require(name, values.isArray() && values.size() == count, expected);
        float[] floats = new float[count];
        for (int i = 0; i < count; i++) {
            require(name, values.get(i).isNumber() && Float.isFinite(values.get(i).floatValue()), expected);
            floats[i] = values.get(i).floatValue();
        }
        return floats;
    }

    private JsonNode require(String name, boolean valid, String expected) {
        if (!valid) {
            throw wrong(name, expected);
        }
        return value(name);
    }

    private InvalidInputException wrong(String name, String expected) {
        return InvalidInputException.of(file, place(name), expected, ModelFile.printable(value(name).toString()));
    }
}
