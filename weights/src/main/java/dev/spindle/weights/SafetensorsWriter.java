package dev.spindle.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spindle.Checkpoint;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Conv;
import dev.spindle.network.Network;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.Weights;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes any checkpoint as a safetensors file that says everything itself: {@link SafetensorsReader} needs no profile for
 * it, and gives back the same network, weights, preprocessing and labels, bit for bit.
 *
 * <p>Arrays of a network in floating point are fp32, named after the layers: {@code stem.weight},
 * {@code block1.expand.weight}, … with {@code .bias}, and {@code .norm.weight}, {@code .norm.bias},
 * {@code .norm.running_mean} and {@code .norm.running_var} where batch normalisation is not folded. Convolution kernels are
 * {@code [outputs, inputs per group, height, width]}, the classifier's is {@code [classes, features]}.
 *
 * <p>A network in integers is kept as such: {@code stem.weight} is of signed bytes, or of unsigned ones with a zero point
 * where weights less their zero point do not fit those; {@code stem.bias} is of 32-bit integers, in units of input scale times
 * weight scale; {@code stem.weight_scale} is fp32, one value or one an output. Batch normalisation is folded. The fp32 weights
 * of the checkpoint are not written: the reader makes them of the integers.
 *
 * <p>The header's {@code __metadata__} is text by key, each text a JSON value:
 * <ul>
 * <li>{@code network}: the description, an object with all components of {@link Network} by name: input size, padding, and
 *     each layer with its channels, kernel, stride, dilation, groups and activation. Its presence tells this schema.
 * <li>{@code architecture} (a string), {@code resolution} (a side, or {@code [height, width]}), {@code classes} (outputs, a
 *     background class included), {@code parameters}, {@code padding} ({@code "symmetric"} or {@code "same"}),
 *     {@code activation} (the stem's: {@code "relu6"} or {@code "relu"}): what {@code network} says, for those who look for
 *     one fact. Where one of them disagrees, {@code network} counts, and the checkpoint has a warning.
 * <li>{@code bn_eps}: epsilon of the batch normalisations, or an object with one a layer where they differ; absent where
 *     they are folded.
 * <li>{@code preprocessing}: an object with all components of {@link Preprocessing}: {@code name}, {@code resize_ratio},
 *     {@code interpolation}, {@code channel_order}, {@code mean}, {@code scale}.
 * <li>{@code labels}: an array of strings, one a class; absent where there are none.
 * <li>{@code quantisation}, for integers only: an object of {@code input} ({@code scale}, {@code zero_point}, and whether the
 *     model's own input is {@code signed}), {@code output} (whether the model ends in a {@code softmax}, and whether its own
 *     output is {@code signed}), {@code signed_maps}, {@code layers} (by name {@code scale} and {@code zero_point} of what the
 *     layer makes, {@code weight_zero_point}, and whether TensorFlow Lite rounds the product of input and weight scale to fp32:
 *     {@code rounded_product}), {@code sums} ({@code scale} and {@code zero_point} by residual block) and {@code pool}
 *     ({@code scale}, {@code zero_point}, and whether it is a {@code mean} with a scale of its own). Zero points are those of
 *     unsigned bytes; see {@link dev.spindle.plan.QuantisedWeights}.
 * <li>{@code profile}, {@code notes}: those of {@link dev.spindle.Checkpoint.Source}, a string and an array of strings.
 * <li>{@code source}: an object with all components of {@link dev.spindle.Checkpoint.Provenance}: {@code format},
 *     {@code file}, {@code sha256}, {@code converter}; absent where the checkpoint has none.
 * </ul>
 * Files without {@code network} may have the facts, labels and preprocessing, too; there they replace what the profile of
 * their names' source says.
 */
public final class SafetensorsWriter {

    /** The key of what integers stand for. */
    static final String QUANTISATION = "quantisation";

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private SafetensorsWriter() {}

    /**
     * Writes a file, or replaces one, at once; see {@link Safetensors#write}.
     *
     * @param file where to
     * @param checkpoint what; equal checkpoints give equal bytes
     * @throws UncheckedIOException where it cannot be written
     */
    public static void write(Path file, Checkpoint checkpoint) {
        Network network = checkpoint.network();
        Map<String, Safetensors.Tensor> tensors = checkpoint.quantised()
                .map(integers -> QuantisedTensors.of(network, integers))
                .orElseGet(() -> LayerTensors.of(network, checkpoint.weights()));
        Safetensors.write(file, tensors, metadata(checkpoint));
    }

    private static Map<String, String> metadata(Checkpoint checkpoint) {
        Network network = checkpoint.network();
        Map<String, JsonNode> values = new LinkedHashMap<>();
        values.put("architecture", JSON.textNode(network.architecture()));
        values.put("resolution", resolution(network));
        values.put("classes", JSON.numberNode(network.classes()));
        values.put("parameters", JSON.numberNode(network.parameters()));
        values.put("padding", JSON.textNode(JsonFields.lowerCase(network.padding())));
        values.put("activation", JSON.textNode(JsonFields.lowerCase(network.stem().activation())));
        Map<String, Double> epsilons = epsilons(network, checkpoint.weights());
        if (!epsilons.isEmpty()) {
            values.put("bn_eps", epsilon(epsilons));
        }
        values.put("preprocessing", preprocessing(checkpoint.preprocessing()));
        if (!checkpoint.labels().isEmpty()) {
            values.put("labels", strings(checkpoint.labels()));
        }
        values.put("profile", JSON.textNode(checkpoint.source().profile()));
        values.put("notes", strings(checkpoint.source().notes()));
        checkpoint.source().provenance().ifPresent(provenance -> values.put("source", provenance(provenance)));
        checkpoint.quantised().ifPresent(integers ->
                values.put(QUANTISATION, QuantisedTensors.json(network, integers)));
        values.put("network", NetworkJson.of(network));
        Map<String, String> texts = new LinkedHashMap<>();
        values.forEach((key, value) -> texts.put(key, text(value)));
        return texts;
    }

    private static JsonNode resolution(Network network) {
        return network.height() == network.width()
                ? JSON.numberNode(network.height())
                : JSON.arrayNode().add(network.height()).add(network.width());
    }

    private static Map<String, Double> epsilons(Network network, Weights weights) {
        Map<String, Double> epsilons = new LinkedHashMap<>();
        for (Conv conv : network.convolutions()) {
            weights.layer(conv.name()).batchNorm().map(BatchNorm::epsilon).ifPresent(value -> epsilons.put(conv.name(), value));
        }
        return epsilons;
    }

    private static JsonNode epsilon(Map<String, Double> epsilons) {
        Collection<Double> values = epsilons.values();
        if (new HashSet<>(values).size() == 1) {
            return JSON.numberNode(values.iterator().next());
        }
        ObjectNode json = JSON.objectNode();
        epsilons.forEach(json::put);
        return json;
    }

    private static ObjectNode preprocessing(Preprocessing preprocessing) {
        ObjectNode json = JSON.objectNode()
                .put("name", preprocessing.name())
                .put("resize_ratio", preprocessing.resizeRatio())
                .put("interpolation", JsonFields.lowerCase(preprocessing.interpolation()))
                .put("channel_order", JsonFields.lowerCase(preprocessing.channelOrder()));
        json.set("mean", numbers(preprocessing.mean()));
        json.set("scale", numbers(preprocessing.scale()));
        return json;
    }

    /** All digits: a reader that takes them for doubles has the same floats. */
    private static ArrayNode numbers(float[] values) {
        ArrayNode json = JSON.arrayNode();
        for (float value : values) {
            json.add((double) value);
        }
        return json;
    }

    private static ArrayNode strings(List<String> values) {
        ArrayNode json = JSON.arrayNode();
        values.forEach(json::add);
        return json;
    }

    private static ObjectNode provenance(Checkpoint.Provenance provenance) {
        return JSON.objectNode()
                .put("format", provenance.format())
                .put("file", provenance.file())
                .put("sha256", provenance.sha256())
                .put("converter", provenance.converter());
    }

    private static String text(JsonNode value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
