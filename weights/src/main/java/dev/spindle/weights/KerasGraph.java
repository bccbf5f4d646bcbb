package dev.spindle.weights;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.InvalidInputException;
import dev.spindle.network.Padding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Translates a Keras model's layers.
 *
 * @see <a href="https://keras.io/api/layers/">Keras layers API</a>
 */
final class KerasGraph {

    /** Layers that do nothing but in training. */
    private static final Set<String> COPIES = Set.of(
            "Dropout", "SpatialDropout2D", "GaussianDropout", "GaussianNoise", "AlphaDropout", "ActivityRegularization",
            "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast", "RandomBrightness");

    private static final Set<Integer> CHANNEL_AXES = Set.of(-1, 3);

    private final Path file;
    private final KerasWeights weights;
    private final Copies copies;
    private final List<Graph.Node> nodes = new ArrayList<>();

    private KerasGraph(Path file, KerasWeights weights, Copies copies) {
        this.file = file;
        this.weights = weights;
        this.copies = copies;
    }

    /**
     * Translates a model.
     *
     * @param file for messages
     * @throws InvalidInputException where a layer is not one of a MobileNet classifier, or has not the variables that its
     *     configuration says
     */
    static Graph translate(Path file, KerasConfig.Result config, KerasWeights weights) {
        KerasGraph graph = new KerasGraph(file, weights, config.copies());
        config.layers().forEach(graph::translate);
        return new Graph(file, config.input(), config.output(), graph.nodes, graph.copies, Padding.SAME);
    }

    private void translate(KerasLayer layer) {
        switch (layer.type()) {
            case "Conv2D" -> convolution(layer, false);
            case "DepthwiseConv2D" -> convolution(layer, true);
            case "Dense" -> dense(layer);
            case "BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2" -> normalisation(layer);
            case "ZeroPadding2D" -> pad(layer);
            case "ReLU" -> relu(layer);
            case "Activation" -> activated(layer, reads(layer));
            case "Softmax" -> add(layer, new Operation.Softmax());
            case "Add" -> {
                if (layer.inputs().size() != 2) {
                    throw layer.wrong("a sum of two values", layer.inputs().size() + " values");
                }
                nodes.add(new Graph.Node(layer.place(), new Operation.Sum(), layer.inputs(), layer.output()));
            }
            case "GlobalAveragePooling2D" -> {
                layer.requireChannelsLast();
                add(layer, new Operation.Mean(true, true));
            }
            case "AveragePooling2D" -> pool(layer);
            case "Reshape", "Flatten" -> add(layer, new Operation.Reshape());
            default -> {
                if (!COPIES.contains(layer.type())) {
                    throw layer.wrong("a layer of a MobileNet classifier", layer.type());
                }
                copies.add(layer.output(), reads(layer));
            }
        }
    }

    private static String reads(KerasLayer layer) {
        if (layer.inputs().size() != 1) {
            throw layer.wrong("a layer that reads one value", layer.inputs().size() + " values");
        }
        return layer.inputs().getFirst();
    }

    private void add(KerasLayer layer, Operation operation) {
        nodes.add(new Graph.Node(layer.place(), operation, List.of(reads(layer)), layer.output()));
    }

    /** Adds a layer that may have an activation of its own. */
    private void addActivated(KerasLayer layer, Operation operation) {
        String linear = layer.output() + " before its activation";
        nodes.add(new Graph.Node(layer.place(), operation, List.of(reads(layer)), linear));
        activated(layer, linear);
    }

    private void activated(KerasLayer layer, String input) {
        Optional<Operation> operation = activation(layer);
        if (operation.isPresent()) {
            nodes.add(new Graph.Node(layer.place(), operation.get(), List.of(input), layer.output()));
        } else {
            copies.add(layer.output(), input);
        }
    }

    /** An activation by name, or as an object that has the name in it; none for a linear one. */
    private static Optional<Operation> activation(KerasLayer layer) {
        JsonNode value = layer.config().path("activation");
        JsonNode name = value;
        if (value.isObject()) {
            name = value.path(value.path("config").isTextual() ? "config" : "class_name");
        }
        return switch (KerasLayer.isAbsent(value) ? "linear" : name.asText().toLowerCase(Locale.ROOT)) {
            case "linear" -> Optional.empty();
            case "relu" -> Optional.of(Operation.Clamp.RELU);
            case "relu6" -> Optional.of(Operation.Clamp.RELU6);
            case "softmax" -> Optional.of(new Operation.Softmax());
            default -> throw layer.wrong("linear, relu, relu6 or softmax", "activation " + value);
        };
    }

    /** The variables of a layer that has as many. */
    private Iterator<Hdf5.Array> variables(KerasLayer layer, int count) {
        List<Hdf5.Array> found = weights.of(layer);
        if (found.size() != count) {
            throw layer.wrong("its " + count + " variables among the weights", String.valueOf(found.size()));
        }
        return found.iterator();
    }

    private void convolution(KerasLayer layer, boolean depthwise) {
        layer.requireChannelsLast();
        boolean biased = layer.flag("use_bias", true);
        Iterator<Hdf5.Array> variables = variables(layer, biased ? 2 : 1);
        Hdf5.Array kernel = variables.next();
        List<Integer> shape = kernel.shape();
        long[] size = layer.pair("kernel_size", -1);
        long outputs = (long) layer.number(depthwise ? "depth_multiplier" : "filters", depthwise ? 1 : -1);
        if (shape.size() != 4 || shape.get(0) != size[0] || shape.get(1) != size[1] || shape.get(3) != outputs
                || depthwise && outputs != 1) {
            throw kernel.wrong(
                    "a kernel of shape [" + size[0] + ", " + size[1] + ", inputs, " + (depthwise ? 1 : outputs) + "]",
                    shape.toString());
        }
        addActivated(layer, new Operation.Convolution(
                depthwise ? kernel.permuted(2, 3, 0, 1) : kernel.permuted(3, 2, 0, 1),
                biased ? Optional.of(variables.next()) : Optional.empty(),
                depthwise ? shape.get(2) : (long) layer.number("groups", 1),
                layer.single("strides"),
                layer.single("dilation_rate"),
                isSame(layer) ? Optional.empty() : Optional.of(Operation.Border.NONE)));
    }

    private static boolean isSame(KerasLayer layer) {
        String padding = layer.config().path("padding").asText("valid");
        layer.require(Set.of("same", "valid").contains(padding), "padding", "same or valid");
        return padding.equals("same");
    }

    private void dense(KerasLayer layer) {
        boolean biased = layer.flag("use_bias", true);
        Iterator<Hdf5.Array> variables = variables(layer, biased ? 2 : 1);
        Hdf5.Array kernel = variables.next();
        if (kernel.shape().size() != 2 || kernel.shape().get(1) != layer.number("units", -1)) {
            throw kernel.wrong("a kernel of shape [inputs, " + layer.config().path("units") + "]", kernel.shape().toString());
        }
        addActivated(layer, new Operation.Dense(
                kernel.permuted(1, 0), biased ? Optional.of(variables.next()) : Optional.empty()));
    }

    private void normalisation(KerasLayer layer) {
        JsonNode axis = layer.config().path("axis");
        int channels = axis.isArray() && axis.size() == 1 ? axis.path(0).asInt() : axis.asInt(-1);
        layer.require(CHANNEL_AXES.contains(channels), "axis", "one factor a channel");
        boolean scaled = layer.flag("scale", true);
        boolean shifted = layer.flag("center", true);
        Iterator<Hdf5.Array> variables = variables(layer, 2 + (scaled ? 1 : 0) + (shifted ? 1 : 0));
        Optional<Constant> gamma = scaled ? Optional.of(variables.next()) : Optional.empty();
        Optional<Constant> beta = shifted ? Optional.of(variables.next()) : Optional.empty();
        Constant mean = variables.next();
        Constant variance = variables.next();
        add(layer, new Operation.Normalisation(
                gamma.orElse(mean.filled(1)),
                beta.orElse(mean.filled(0)),
                mean,
                variance,
                layer.number("epsilon", SourceProfile.KERAS.epsilon())));
    }

    private void pad(KerasLayer layer) {
        layer.requireChannelsLast();
        JsonNode padding = layer.config().path("padding");
        if (!padding.path(0).isArray()) {
            long[] both = layer.pair("padding", 1);
            add(layer, new Operation.Pad(new Operation.Border(both[0], both[0], both[1], both[1])));
            return;
        }
        List<Long> zeros = new ArrayList<>();
        padding.forEach(side -> side.forEach(number -> {
            layer.require(number.isIntegralNumber(), "padding", "four integers");
            zeros.add(number.asLong());
        }));
        layer.require(zeros.size() == 4, "padding", "four integers");
        add(layer, new Operation.Pad(new Operation.Border(zeros.get(0), zeros.get(1), zeros.get(2), zeros.get(3))));
    }

    private void relu(KerasLayer layer) {
        layer.require(layer.number("negative_slope", 0) == 0, "negative_slope", "0");
        layer.require(layer.number("threshold", 0) == 0, "threshold", "0");
        add(layer, new Operation.Clamp(0, layer.number("max_value", Double.POSITIVE_INFINITY)));
    }

    private void pool(KerasLayer layer) {
        layer.requireChannelsLast();
        long[] window = layer.pair("pool_size", 2);
        JsonNode given = layer.config().path("strides");
        long[] strides = KerasLayer.isAbsent(given) ? window : layer.pair("strides", 1);
        add(layer, new Operation.Pool(window[0], window[1], strides[0], strides[1], isSame(layer)));
    }
}
