package dev.spindle.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spindle.InvalidInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The layers that a Keras model's configuration describes, in the forms of Keras 2 and 3: functional and sequential models,
 * and models within them, whose layers become the outer model's.
 */
final class KerasConfig {

    private static final int MAX_LAYERS = 10_000;
    private static final int MAX_NESTING = 16;
    private static final int MAX_NAME = 1000;
    private static final String INPUT_LAYER = "InputLayer";
    private static final Pattern HUMP = Pattern.compile("(.)([A-Z][a-z]+)");
    private static final Pattern STEP = Pattern.compile("([a-z])([A-Z])");

    /**
     * Where a layer is: its name and its numbered class, behind those of the models that it is in.
     *
     * @see KerasLayer
     */
    private record Position(List<String> names, List<String> numbered) {

        Position within(String name, String number) {
            return new Position(append(names, name), append(numbered, number));
        }

        /** The value that a layer beside others in this model makes. */
        String value(String name) {
            return String.join("/", append(names, name));
        }

        String value() {
            return String.join("/", names);
        }

        private static List<String> append(List<String> list, String last) {
            List<String> longer = new ArrayList<>(list);
            longer.add(last);
            return List.copyOf(longer);
        }
    }

    private final Path file;
    private final String place;
    private final Copies copies;
    private final List<KerasLayer> layers = new ArrayList<>();
    private Optional<Graph.Input> input = Optional.empty();
    private boolean open;

    private KerasConfig(Path file, String place) {
        this.file = file;
        this.place = place;
        this.copies = new Copies(file);
    }

    /**
     * A model's layers.
     *
     * @param input the picture
     * @param open whether the input's size is left open
     * @param output the value that the model gives
     * @param layers in the order of the file, without inputs
     * @param copies values that are others
     */
    record Result(Graph.Input input, boolean open, String output, List<KerasLayer> layers, Copies copies) {}

    /**
     * Reads a configuration.
     *
     * @param file for messages
     * @param place the configuration's, for messages
     * @param json a model
     * @throws InvalidInputException where it is none, or has several inputs or outputs
     */
    static Result read(Path file, String place, String json) {
        return new KerasConfig(file, place).result(json(file, place, json));
    }

    /** Parses what has to be JSON. */
    static JsonNode json(Path file, String place, String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(
                    file + ": " + place + ": expected JSON, found " + ModelFile.printable(e.getOriginalMessage()), e);
        }
    }

    private Result result(JsonNode model) {
        String output = model(model, new Position(List.of(), List.of()), Optional.empty());
        Graph.Input picture = input.orElseThrow(() -> wrong("an input of [null, height, width, 3]", "none"));
        return new Result(picture, open, output, layers, copies);
    }

    private InvalidInputException wrong(String expected, String found) {
        return InvalidInputException.of(file, place, expected, ModelFile.printable(found));
    }

    /**
     * Adds the layers of a model.
     *
     * @param value its class and configuration
     * @param position its own; nothing for the outermost
     * @param outer what it reads; empty for the outermost
     * @return what it makes
     */
    private String model(JsonNode value, Position position, Optional<String> outer) {
        JsonNode config = value.path("config");
        JsonNode found = config.isArray() ? config : config.path("layers");
        if (!found.isArray() || position.names().size() > MAX_NESTING) {
            throw wrong("a functional or sequential model with layers", value.path("class_name").asText("none"));
        }
        boolean sequential = value.path("class_name").asText().equals("Sequential");
        if (outer.isEmpty() && sequential) {
            picture("/input", shape(config.path("build_input_shape"), found.path(0)));
        }
        Optional<String> before = sequential ? outer.or(() -> input.map(Graph.Input::value)) : Optional.empty();
        Map<String, Integer> used = new HashMap<>();
        for (JsonNode layer : found) {
            String name = layer.path("name").asText(layer.path("config").path("name").asText());
            if (name.length() > MAX_NAME) {
                throw wrong("names of at most " + MAX_NAME + " characters", name);
            }
            String snake = snakeCase(layer.path("class_name").asText());
            int number = used.merge(snake, 1, Integer::sum) - 1;
            Position own = position.within(name, number == 0 ? snake : snake + "_" + number);
            if (layer.path("class_name").asText().equals(INPUT_LAYER)) {
                input(layer, own, before.or(() -> outer));
            } else {
                List<String> inputs = new ArrayList<>();
                before.ifPresentOrElse(inputs::add, () -> references(layer.path("inbound_nodes"), inputs));
                if (!sequential) {
                    inputs.replaceAll(position::value);
                }
                add(layer, own, inputs);
                before = before.map(last -> own.value());
            }
        }
        if (sequential) {
            return before.orElseThrow();
        }
        List<String> outputs = new ArrayList<>();
        references(config.path("output_layers"), outputs);
        if (outputs.size() != 1) {
            throw wrong("a model with one output", outputs.size() + ": " + outputs);
        }
        return position.value(outputs.getFirst());
    }

    /** Takes an input for what is read already, or else for the picture. */
    private void input(JsonNode layer, Position position, Optional<String> read) {
        if (read.isPresent()) {
            copies.add(position.value(), read.get());
        } else {
            picture(position.value(), shape(layer.path("config").path("batch_shape"), layer));
        }
    }

    /** Adds a layer, or the layers of a model that stands for one. */
    private void add(JsonNode layer, Position position, List<String> inputs) {
        JsonNode config = layer.path("config");
        if (config.path("layers").isArray()) {
            if (inputs.size() != 1) {
                throw wrong("a model within a model that reads one value", inputs.toString());
            }
            copies.add(position.value(), model(layer, position, Optional.of(inputs.getFirst())));
            return;
        }
        if (layers.size() >= MAX_LAYERS) {
            throw wrong("at most " + MAX_LAYERS + " layers", "more");
        }
        layers.add(new KerasLayer(
                file, position.names(), position.numbered(), layer.path("class_name").asText(), config, inputs));
    }

    private void picture(String value, JsonNode shape) {
        if (input.isPresent()) {
            throw wrong("a model with one input", "two: " + input.get().value() + ", " + value);
        }
        if (shape.size() != 4) {
            throw wrong("an input of [null, height, width, 3]", shape.toString());
        }
        open = shape.path(1).asLong() <= 0 || shape.path(2).asLong() <= 0;
        input = Optional.of(
                Graph.Input.of(value, shape.path(1).asLong(), shape.path(2).asLong(), shape.path(3).asLong()));
    }

    /** The first of two places that says what shape an input has; the second is a layer. */
    private static JsonNode shape(JsonNode first, JsonNode layer) {
        if (first.isArray()) {
            return first;
        }
        JsonNode config = layer.path("config");
        for (String argument : List.of("batch_shape", "batch_input_shape")) {
            if (config.path(argument).isArray()) {
                return config.path(argument);
            }
        }
        // A sequential model may begin with a model.
        JsonNode inner = config.path("layers").path(0);
        return inner.isMissingNode() ? inner : shape(inner, inner);
    }

    /** The layers that an argument's tensors come from: by {@code keras_history}, or as {@code ["name", 0, 0]}. */
    private static void references(JsonNode value, List<String> found) {
        if (value.path("keras_history").isArray()) {
            found.add(value.path("keras_history").path(0).asText());
        } else if (value.path(0).isTextual() && value.path(1).isInt() && value.path(2).isInt()) {
            found.add(value.path(0).asText());
        } else {
            value.forEach(part -> references(part, found));
        }
    }

    private static String snakeCase(String type) {
        String spaced = HUMP.matcher(type).replaceAll("$1_$2");
        return STEP.matcher(spaced).replaceAll("$1_$2").toLowerCase(Locale.ROOT);
    }
}
