package dev.spindle.weights;

import dev.spindle.network.Classifier;
import dev.spindle.network.Conv;
import dev.spindle.network.Network;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.Weights;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * The weights of a network as named arrays: {@code stem.weight}, {@code stem.bias} and, where batch normalisation is not
 * folded, {@code stem.norm.weight}, {@code stem.norm.bias}, {@code stem.norm.running_mean} and
 * {@code stem.norm.running_var}, for each layer by its name in the network. Kernels are
 * {@code [outputs, inputs per group, height, width]}, that of the classifier is {@code [classes, features]}.
 */
final class LayerTensors {

    /** Behind a layer's name: its kernel. */
    static final String KERNEL = ".weight";

    /** Behind a layer's name: its bias. */
    static final String BIAS = ".bias";

    private static final String GAMMA = ".norm.weight";
    private static final String BETA = ".norm.bias";
    private static final String MEAN = ".norm.running_mean";
    private static final String VARIANCE = ".norm.running_var";

    private static final Set<Safetensors.Type> FLOATING = EnumSet.of(
            Safetensors.Type.F16, Safetensors.Type.BF16, Safetensors.Type.F32, Safetensors.Type.F64);

    private final Safetensors tensors;
    private final TensorTaker taker;
    private final ToDoubleFunction<String> epsilon;

    private LayerTensors(Safetensors tensors, ToDoubleFunction<String> epsilon) {
        this.tensors = tensors;
        this.taker = new TensorTaker(tensors);
        this.epsilon = epsilon;
    }

    /** The shapes of all kernels by layer name, in execution order. */
    static Map<String, List<Integer>> kernels(Network network) {
        Map<String, List<Integer>> shapes = new LinkedHashMap<>();
        for (Conv conv : network.convolutions()) {
            shapes.put(
                    conv.name(), List.of(conv.outputs(), conv.inputsPerGroup(), conv.kernel(), conv.kernel()));
        }
        if (network.top() instanceof Classifier classifier) {
            shapes.put(Network.CLASSIFIER, List.of(classifier.classes(), network.features()));
        }
        return shapes;
    }

    /**
     * Names the weights of a network.
     *
     * @throws IllegalArgumentException where the layers' names make one name for two arrays
     */
    static Map<String, Safetensors.Tensor> of(Network network, Weights weights) {
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        kernels(network).forEach((name, shape) -> {
            LayerWeights layer = weights.layer(name);
            put(tensors, name + KERNEL, layer.kernel(), shape.stream().mapToInt(Integer::intValue).toArray());
            layer.bias().ifPresent(bias -> put(tensors, name + BIAS, bias, bias.length));
            layer.batchNorm().ifPresent(norm -> {
                put(tensors, name + GAMMA, norm.gamma(), norm.gamma().length);
                put(tensors, name + BETA, norm.beta(), norm.beta().length);
                put(tensors, name + MEAN, norm.mean(), norm.mean().length);
                put(tensors, name + VARIANCE, norm.variance(), norm.variance().length);
            });
        });
        return tensors;
    }

    private static void put(Map<String, Safetensors.Tensor> tensors, String name, float[] values, int... shape) {
        if (tensors.put(name, Safetensors.Tensor.of(values, shape)) != null) {
            throw new IllegalArgumentException("two tensors are named " + name);
        }
    }

    /**
     * Reads the weights of a network.
     *
     * @param tensors of floating-point numbers
     * @param network the description
     * @param epsilon gives that of the batch normalisation behind a layer; asked only where there is one
     * @throws dev.spindle.InvalidInputException where a tensor is missing, is one too many, or has the wrong type or shape
     */
    static Weights read(Safetensors tensors, Network network, ToDoubleFunction<String> epsilon) {
        return new LayerTensors(tensors, epsilon).read(network);
    }

    private Weights read(Network network) {
        Map<String, LayerWeights> layers = new HashMap<>();
        kernels(network).forEach((name, shape) -> layers.put(name, layer(name, shape)));
        taker.requireNoneLeft();
        return ModelFile.valid(tensors.file(), () -> Weights.of(network, layers));
    }

    private LayerWeights layer(String name, List<Integer> shape) {
        List<Integer> channels = List.of(shape.getFirst());
        float[] kernel = floats(name + KERNEL, shape);
        Optional<float[]> bias = Optional.empty();
        if (tensors.names().contains(name + BIAS)) {
            bias = Optional.of(floats(name + BIAS, channels));
        }
        Optional<BatchNorm> norm = Optional.empty();
        if (tensors.names().contains(name + GAMMA)) {
            norm = Optional.of(new BatchNorm(
                    floats(name + GAMMA, channels),
                    floats(name + BETA, channels),
                    floats(name + MEAN, channels),
                    floats(name + VARIANCE, channels),
                    epsilon.applyAsDouble(name)));
        }
        return new LayerWeights(kernel, bias, norm);
    }

    private float[] floats(String name, List<Integer> shape) {
        return taker.take(name, FLOATING, "floating-point numbers", shape).floats();
    }
}
