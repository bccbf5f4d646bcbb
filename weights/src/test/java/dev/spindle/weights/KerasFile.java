package dev.spindle.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spindle.Checkpoint;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.WritableGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Writes networks as Keras does, in each of its layouts; tests then change model and variables. */
final class KerasFile {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> SNAKE_CASE = Map.of(
            "Conv2D", "conv2d", "DepthwiseConv2D", "depthwise_conv2d", "BatchNormalization", "batch_normalization",
            "Dense", "dense");

    /** Class and arguments of the model. */
    final ObjectNode model = JSON.createObjectNode();
    /** By layer: arrays of floats, of two to four dimensions for kernels, by their names in Keras 2. */
    final Map<String, Map<String, Object>> variables = new LinkedHashMap<>();

    private final Checkpoint checkpoint;
    private final ArrayNode layers;
    private String last = "picture";
    private int height;
    private int width;

    private KerasFile(Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
        this.height = checkpoint.network().height();
        this.width = checkpoint.network().width();
        model.put("class_name", "Functional");
        layers = model.putObject("config").put("name", "written").putArray("layers");
    }

    /** A functional model as Keras 3 has it. */
    static KerasFile of(Checkpoint checkpoint) {
        KerasFile file = new KerasFile(checkpoint);
        file.write(checkpoint.network());
        return file;
    }

    private void write(Network network) {
        ObjectNode picture = layers.addObject().put("class_name", "InputLayer").put("name", last);
        picture.putArray("inbound_nodes");
        picture.putObject("config").put("name", last).putArray("batch_shape").addNull().add(height).add(width).add(3);
        convolution(network.stem());
        for (InvertedResidual block : network.blocks()) {
            String input = last;
            block.convolutions().forEach(this::convolution);
            if (block.residual()) {
                layer("Add", block.name() + "_add", input, last);
            }
        }
        network.head().ifPresent(this::convolution);
        layer("GlobalAveragePooling2D", "average", last);
        layer("Dropout", "dropout", last);
        layer("Dense", Network.CLASSIFIER, last).put("units", network.classes()).put("activation", "softmax");
        LayerWeights dense = checkpoint.weights().layer(Network.CLASSIFIER);
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("kernel", kernel(dense.kernel(), network.features(), network.classes(), 1)[0][0]);
        found.put("bias", dense.bias().orElseThrow());
        variables.put(Network.CLASSIFIER, found);
        config().putArray("input_layers").add("picture").add(0).add(0);
        config().putArray("output_layers").addArray().add(Network.CLASSIFIER).add(0).add(0);
    }

    private void convolution(Conv conv) {
        LayerWeights weights = checkpoint.weights().layer(conv.name());
        boolean padded = conv.isDepthwise() && conv.stride() == 2;
        if (padded) {
            ArrayNode zeros = layer("ZeroPadding2D", conv.name() + "_pad", last).putArray("padding");
            for (int side : List.of(height, width)) {
                zeros.addArray().add(side % 2).add(1);
            }
        }
        height = Padding.outputSize(height, conv.stride());
        width = Padding.outputSize(width, conv.stride());
        ObjectNode arguments = layer(conv.isDepthwise() ? "DepthwiseConv2D" : "Conv2D", conv.name(), last);
        arguments.putArray("kernel_size").add(conv.kernel()).add(conv.kernel());
        arguments.putArray("strides").add(conv.stride()).add(conv.stride());
        arguments.put("padding", padded ? "valid" : "same").put("data_format", "channels_last");
        arguments.put("use_bias", weights.bias().isPresent()).put("activation", "linear");
        Map<String, Object> found = new LinkedHashMap<>();
        if (conv.isDepthwise()) {
            arguments.put("depth_multiplier", 1);
            found.put("depthwise_kernel", depthwiseKernel(weights.kernel(), conv.outputs(), conv.kernel()));
        } else {
            arguments.put("filters", conv.outputs());
            found.put("kernel", kernel(weights.kernel(), conv.inputs(), conv.outputs(), conv.kernel()));
        }
        weights.bias().ifPresent(bias -> found.put("bias", bias));
        variables.put(conv.name(), found);
        weights.batchNorm().ifPresent(norm -> normalisation(conv.name() + "_BN", norm));
        if (conv.activation() != Activation.LINEAR) {
            layer("ReLU", conv.name() + "_relu", last).put("max_value", 6.0).put("negative_slope", 0.0);
        }
    }

    private void normalisation(String name, BatchNorm norm) {
        layer("BatchNormalization", name, last)
                .put("axis", -1).put("epsilon", norm.epsilon()).put("center", true).put("scale", true);
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("gamma", norm.gamma());
        found.put("beta", norm.beta());
        found.put("moving_mean", norm.mean());
        found.put("moving_variance", norm.variance());
        variables.put(name, found);
    }

    /** Adds a layer and returns its arguments. */
    private ObjectNode layer(String type, String name, String... inputs) {
        ObjectNode layer = layers.addObject().put("class_name", type).put("name", name);
        ArrayNode tensors = layer.putArray("inbound_nodes").addObject().putArray("args");
        ArrayNode target = inputs.length == 1 ? tensors : tensors.addArray();
        for (String input : inputs) {
            target.addObject().put("class_name", "__keras_tensor__").putObject("config")
                    .putArray("keras_history").add(input).add(0).add(0);
        }
        last = name;
        return layer.putObject("config").put("name", name);
    }

    /** {@code [outputs][inputs][height][width]} as {@code [height][width][inputs][outputs]}. */
    static float[][][][] kernel(float[] values, int inputs, int outputs, int side) {
        float[][][][] kernel = new float[side][side][inputs][outputs];
        for (int i = 0; i < values.length; i++) {
            kernel[i / side % side][i % side][i / (side * side) % inputs][i / (side * side * inputs)] = values[i];
        }
        return kernel;
    }

    static float[][][][] depthwiseKernel(float[] values, int channels, int side) {
        float[][][][] kernel = new float[side][side][channels][1];
        for (int i = 0; i < values.length; i++) {
            kernel[i / side % side][i % side][i / (side * side)][0] = values[i];
        }
        return kernel;
    }

    private static String name(JsonNode layer) {
        return layer.get("config").get("name").asText();
    }

    ObjectNode config() {
        return (ObjectNode) model.get("config");
    }

    /** A layer, with class, name, arguments and what it reads. */
    ObjectNode layer(String name) {
        for (JsonNode layer : config().get("layers")) {
            if (layer.path("name").asText().equals(name)) {
                return (ObjectNode) layer;
            }
        }
        throw new IllegalArgumentException(name);
    }

    /** The arguments of a layer. */
    ObjectNode arguments(String name) {
        return (ObjectNode) layer(name).get("config");
    }

    /** Makes a layer one of another class that has no arguments. */
    ObjectNode replace(String name, String type) {
        ObjectNode layer = layer(name).put("class_name", type);
        return layer.putObject("config").put("name", name);
    }

    /** A model and its weights in HDF5. */
    byte[] whole() {
        return hdf(file -> {
            file.putAttribute("keras_version", "2.15.0");
            file.putAttribute("model_config", model.toString());
            legacy(file.putGroup("model_weights"), 1);
        });
    }

    /**
     * Weights as {@code save_weights} of Keras 2 has them.
     *
     * @param parts of the attribute with the names
     */
    byte[] legacyWeights(int parts) {
        return hdf(file -> legacy(file, parts));
    }

    private void legacy(WritableGroup root, int parts) {
        List<String> names = new ArrayList<>();
        for (JsonNode layer : config().get("layers")) {
            String name = name(layer);
            names.add(name);
            WritableGroup group = root.putGroup(name);
            Map<String, Object> found = variables.getOrDefault(name, Map.of());
            if (found.isEmpty()) {
                // jHDF would write over a group that comes last and is empty.
                group.putDataset("nothing", new float[1]);
                continue;
            }
            List<String> paths = new ArrayList<>();
            found.forEach((variable, values) -> {
                // Those of a model within this one are in groups of its layers.
                String[] path = (variable.contains("/") ? variable : name + "/" + variable).split("/");
                paths.add(path[0] + "/" + path[1] + ":0");
                WritableGroup inner = (WritableGroup) group.getChild(path[0]);
                (inner == null ? group.putGroup(path[0]) : inner).putDataset(path[1] + ":0", values);
            });
            group.putAttribute("weight_names", paths.toArray(String[]::new));
        }
        int size = (names.size() + parts - 1) / parts;
        for (int part = 0; part < parts; part++) {
            List<String> some = names.subList(part * size, Math.min(names.size(), (part + 1) * size));
            root.putAttribute(parts == 1 ? "layer_names" : "layer_names" + part, some.toArray(String[]::new));
        }
    }

    /**
     * Weights as Keras 3 has them.
     *
     * @param container the group of all layers
     */
    byte[] weights(String container) {
        return hdf(file -> {
            WritableGroup root = file.putGroup(container);
            Map<String, Integer> numbers = new HashMap<>();
            for (JsonNode layer : config().get("layers")) {
                String type = SNAKE_CASE.get(layer.get("class_name").asText());
                Map<String, Object> found = variables.get(name(layer));
                if (found != null) {
                    int number = numbers.merge(type, 1, Integer::sum) - 1;
                    WritableGroup vars = root.putGroup(number == 0 ? type : type + "_" + number).putGroup("vars");
                    int next = 0;
                    for (Object values : found.values()) {
                        vars.putDataset(String.valueOf(next++), values);
                    }
                }
            }
        });
    }

    /** What a {@code .keras} file holds. */
    Map<String, byte[]> entries() {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("metadata.json", "{\"keras_version\": \"3.15.1\"}".getBytes(StandardCharsets.UTF_8));
        entries.put("config.json", model.toString().getBytes(StandardCharsets.UTF_8));
        entries.put("model.weights.h5", weights("layers"));
        return entries;
    }

    /** An HDF5 file. */
    static byte[] hdf(Consumer<WritableHdfFile> content) {
        try {
            Path file = Files.createTempFile("keras", ".h5");
            try {
                try (WritableHdfFile hdf = HdfFile.write(file)) {
                    content.accept(hdf);
                }
                return Files.readAllBytes(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
