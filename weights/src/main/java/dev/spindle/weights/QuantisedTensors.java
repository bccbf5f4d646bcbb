package dev.spindle.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spindle.InvalidInputException;
import dev.spindle.kernel.Quantisation;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.plan.QuantisedConcatenation;
import dev.spindle.plan.QuantisedLayer;
import dev.spindle.plan.QuantisedPool;
import dev.spindle.plan.QuantisedWeights;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A network in integers as named arrays and a JSON object, as {@link SafetensorsWriter} states them. Both ways are exact. */
final class QuantisedTensors {

    /** Behind a layer's name: the scales of its kernel. */
    private static final String SCALES = ".weight_scale";

    private static final Set<Safetensors.Type> BYTES = EnumSet.of(Safetensors.Type.I8, Safetensors.Type.U8);
    private static final Set<Safetensors.Type> INTEGERS = EnumSet.of(Safetensors.Type.I32);
    private static final Set<Safetensors.Type> FLOATS = EnumSet.of(Safetensors.Type.F32);
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Safetensors tensors;
    private final TensorTaker taker;

    private QuantisedTensors(Safetensors tensors) {
        this.tensors = tensors;
        this.taker = new TensorTaker(tensors);
    }

    /** How a kernel's steps are stored: as signed bytes where they fit, else as unsigned ones above the least of them. */
    private record Storage(Safetensors.Type type, int zeroPoint) {

        static Storage of(String name, short[] steps) {
            int least = 0;
            int most = 0;
            for (short step : steps) {
                least = Math.min(least, step);
                most = Math.max(most, step);
            }
            if (least >= Byte.MIN_VALUE && most <= Byte.MAX_VALUE) {
                return new Storage(Safetensors.Type.I8, 0);
            }
            if (most - least > Quantisation.MAX) {
                throw new IllegalArgumentException(
                        "layer " + name + ": expected weights that fit a byte, found steps of " + least + " to " + most);
            }
            return new Storage(Safetensors.Type.U8, -least);
        }
    }

    /**
     * Names the integers of a network.
     *
     * @throws IllegalArgumentException where the weights of a layer fit no byte, whatever its zero point
     */
    static Map<String, Safetensors.Tensor> of(Network network, QuantisedWeights weights) {
        Map<String, Safetensors.Tensor> named = new LinkedHashMap<>();
        LayerTensors.kernels(network).forEach((name, shape) -> {
            QuantisedLayer layer = weights.layer(name);
            Storage storage = Storage.of(name, layer.kernel());
            byte[] stored = new byte[layer.kernel().length];
            for (int i = 0; i < stored.length; i++) {
                stored[i] = (byte) (layer.kernel()[i] + storage.zeroPoint);
            }
            int[] sizes = shape.stream().mapToInt(Integer::intValue).toArray();
            named.put(name + LayerTensors.KERNEL, Safetensors.Tensor.of(storage.type, stored, sizes));
            named.put(name + LayerTensors.BIAS, Safetensors.Tensor.of(layer.bias(), layer.bias().length));
            named.put(name + SCALES, Safetensors.Tensor.of(layer.scales(), layer.scales().length));
        });
        return named;
    }

    /** What stands in the metadata. */
    static ObjectNode json(Network network, QuantisedWeights weights) {
        QuantisedWeights.Ends ends = weights.ends();
        ObjectNode layers = JSON.objectNode();
        for (String name : LayerTensors.kernels(network).keySet()) {
            QuantisedLayer layer = weights.layer(name);
            layers.set(name, put(JSON.objectNode(), layer.output())
                    .put("weight_zero_point", Storage.of(name, layer.kernel()).zeroPoint)
                    .put("rounded_product", layer.roundedProduct()));
        }
        ObjectNode sums = JSON.objectNode();
        for (InvertedResidual block : network.blocks()) {
            if (block.residual()) {
                sums.set(block.name(), put(JSON.objectNode(), weights.output(block)));
            }
        }
        ObjectNode json = JSON.objectNode();
        json.set("input", put(JSON.objectNode(), ends.input()).put("signed", ends.signedInput()));
        json.set("output", JSON.objectNode().put("softmax", ends.softmax()).put("signed", ends.signedOutput()));
        json.put("signed_maps", ends.signedMaps());
        json.set("layers", layers);
        json.set("sums", sums);
        json.set("pool", put(JSON.objectNode(), weights.pool().output()).put("mean", weights.pool().mean()));
        weights.concatenation().ifPresent(joint -> {
            ObjectNode kinds = JSON.objectNode();
            kinds.set("aspp", put(JSON.objectNode(), joint.aspp()));
            kinds.set("image_pooling", put(JSON.objectNode(), joint.imagePooling()));
            kinds.set("output", put(JSON.objectNode(), joint.output()));
            json.set("concatenation", kinds);
        });
        return json;
    }

    /** All digits: a reader that takes them for doubles has the same floats. */
    private static ObjectNode put(ObjectNode json, Quantisation quantisation) {
        return json.put("scale", (double) quantisation.scale()).put("zero_point", quantisation.zeroPoint());
    }

    /**
     * Reads the integers of a network.
     *
     * @param tensors those of {@link #of}
     * @param network the description
     * @param place of the JSON in the file, for messages
     * @param json that of {@link #json}
     * @throws InvalidInputException where a tensor is missing, is one too many or has the wrong type or shape, or where
     *     scales or zero points make no sense
     */
    static QuantisedWeights read(Safetensors tensors, Network network, String place, JsonNode json) {
        return new QuantisedTensors(tensors).read(network, place, json);
    }

    private QuantisedWeights read(Network network, String place, JsonNode json) {
        List<String> names = new ArrayList<>(List.of("input", "output", "signed_maps", "layers", "sums", "pool"));
        if (network.top() instanceof DeepLab) {
            names.add("concatenation");
        }
        JsonFields fields = JsonFields.of(tensors.file(), place, json, names.toArray(String[]::new));
        JsonFields input = fields.fields("input", "scale", "zero_point", "signed");
        JsonFields output = fields.fields("output", "softmax", "signed");
        QuantisedWeights.Ends ends = new QuantisedWeights.Ends(
                quantisation(input), input.flag("signed"), fields.flag("signed_maps"), output.flag("softmax"),
                output.flag("signed"));
        Map<String, List<Integer>> kernels = LayerTensors.kernels(network);
        JsonFields layerFields = fields.fields("layers", kernels.keySet().toArray(String[]::new));
        Map<String, QuantisedLayer> layers = new HashMap<>();
        kernels.forEach((name, shape) -> layers.put(name, layer(name, shape, layerFields)));
        taker.requireNoneLeft();
        JsonFields sumFields = fields.fields("sums", network.blocks().stream()
                .filter(InvertedResidual::residual)
                .map(InvertedResidual::name)
                .toArray(String[]::new));
        Map<String, Quantisation> sums = new HashMap<>();
        for (InvertedResidual block : network.blocks()) {
            if (block.residual()) {
                sums.put(block.name(), quantisation(sumFields.fields(block.name(), "scale", "zero_point")));
            }
        }
        JsonFields pool = fields.fields("pool", "scale", "zero_point", "mean");
        Optional<QuantisedConcatenation> joint =
                network.top() instanceof DeepLab ? Optional.of(concatenation(fields)) : Optional.empty();
        return ModelFile.valid(
                tensors.file(),
                () -> QuantisedWeights.of(
                        network, ends, layers, sums, new QuantisedPool(pool.flag("mean"), quantisation(pool)), joint));
    }

    private QuantisedConcatenation concatenation(JsonFields parent) {
        JsonFields fields = parent.fields("concatenation", "aspp", "image_pooling", "output");
        return new QuantisedConcatenation(
                quantisation(fields.fields("aspp", "scale", "zero_point")),
                quantisation(fields.fields("image_pooling", "scale", "zero_point")),
                quantisation(fields.fields("output", "scale", "zero_point")));
    }

    private QuantisedLayer layer(String name, List<Integer> shape, JsonFields parent) {
        JsonFields fields = parent.fields(name, "scale", "zero_point", "weight_zero_point", "rounded_product");
        Safetensors.Tensor kernel = taker.take(name + LayerTensors.KERNEL, BYTES, "8-bit integers", shape);
        Safetensors.Tensor bias =
                taker.take(name + LayerTensors.BIAS, INTEGERS, "32-bit integers", List.of(shape.getFirst()));
        int scales = tensors.tensor(name + SCALES).size() == 1 ? 1 : shape.getFirst();
        return new QuantisedLayer(
                steps(kernel, zeroPoint(fields, kernel.type())),
                integers(bias),
                taker.take(name + SCALES, FLOATS, "fp32 numbers", List.of(scales)).floats(),
                fields.flag("rounded_product"),
                quantisation(fields));
    }

    /** The byte of a weight of 0, in what the kernel is stored in. */
    private int zeroPoint(JsonFields fields, Safetensors.Type type) {
        int least = type == Safetensors.Type.U8 ? 0 : Byte.MIN_VALUE;
        int zero = fields.integer("weight_zero_point");
        if (zero < least || zero > least + Quantisation.MAX) {
            throw InvalidInputException.of(
                    tensors.file(), fields.place("weight_zero_point"), "a value of " + type, String.valueOf(zero));
        }
        return zero;
    }

    private static short[] steps(Safetensors.Tensor kernel, int zero) {
        ByteBuffer data = kernel.data();
        short[] steps = new short[data.remaining()];
        int mask = kernel.type() == Safetensors.Type.U8 ? Quantisation.MAX : -1;
        for (int i = 0; i < steps.length; i++) {
            steps[i] = (short) ((data.get(i) & mask) - zero);
        }
        return steps;
    }

    private static int[] integers(Safetensors.Tensor tensor) {
        int[] values = new int[tensor.size()];
        tensor.data().asIntBuffer().get(values);
        return values;
    }

    private Quantisation quantisation(JsonFields fields) {
        float scale = (float) fields.number("scale");
        int zero = fields.integer("zero_point");
        try {
            return new Quantisation(scale, zero);
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException(tensors.file() + ": " + fields.place() + ": " + e.getMessage(), e);
        }
    }
}
