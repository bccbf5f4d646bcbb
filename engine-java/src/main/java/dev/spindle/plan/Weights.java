package dev.spindle.plan;

import dev.spindle.network.Conv;
import dev.spindle.network.Network;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** The weights of a network by layer name. Immutable by agreement: the arrays are not copied. */
public final class Weights {

    private final Map<String, LayerWeights> layers;

    private Weights(Map<String, LayerWeights> layers) {
        this.layers = layers;
    }

    /**
     * Binds weights to a network.
     *
     * @param network the description
     * @param layers by the names of {@link Network#weighted}
     * @return the weights, checked: every layer present, of the right size, every value finite
     * @throws IllegalArgumentException naming the layer, what was expected and what was found
     */
    public static Weights of(Network network, Map<String, LayerWeights> layers) {
        Map<String, LayerWeights> ordered = new LinkedHashMap<>();
        for (Conv conv : network.weighted()) {
            ordered.put(conv.name(), checked(conv.name(), layers.get(conv.name()), conv.weights(), conv.outputs()));
        }
        return new Weights(ordered);
    }

    /**
     * Seeded random weights, scaled so that activations keep their size (He et al., arXiv 1502.01852): for benchmarks
     * and tests, where values do not matter but their range does.
     *
     * @param network the description
     * @param seed the same seed gives the same weights
     * @return weights with batch normalisation folded
     */
    public static Weights random(Network network, long seed) {
        Random random = new Random(seed);
        Map<String, LayerWeights> layers = new LinkedHashMap<>();
        for (Conv conv : network.weighted()) {
            int fanIn = conv.inputsPerGroup() * conv.kernel() * conv.kernel();
            layers.put(conv.name(), random(random, Math.toIntExact(conv.weights()), conv.outputs(), fanIn));
        }
        return of(network, layers);
    }

    private static LayerWeights random(Random random, int weights, int outputs, int fanIn) {
        float[] kernel = new float[weights];
        float deviation = (float) Math.sqrt(2.0 / fanIn);
        for (int i = 0; i < weights; i++) {
            kernel[i] = (float) random.nextGaussian() * deviation;
        }
        float[] bias = new float[outputs];
        for (int i = 0; i < outputs; i++) {
            bias[i] = (float) random.nextGaussian() * 0.1f;
        }
        return LayerWeights.biased(kernel, bias);
    }

    /** The weights of one layer; throws {@link IllegalArgumentException} for an unknown name. */
    public LayerWeights layer(String name) {
        LayerWeights found = layers.get(name);
        if (found == null) {
            throw new IllegalArgumentException("no weights for layer " + name + ", known: " + layers.keySet());
        }
        return found;
    }

    /**
     * The same but for one layer.
     *
     * @param network the description that the result belongs to
     * @param name of the layer
     * @param layer its new weights
     */
    public Weights with(Network network, String name, LayerWeights layer) {
        Map<String, LayerWeights> changed = new LinkedHashMap<>(layers);
        changed.put(name, layer);
        return of(network, changed);
    }

    /**
     * The same function without batch normalisation: it is folded into kernels and biases with the arithmetic of a
     * {@link Planner}, whose plans of either weights are the same bits.
     *
     * @param network the description
     * @return weights of which each layer has a kernel and a bias, and nothing else
     */
    public Weights folded(Network network) {
        Map<String, LayerWeights> folded = new LinkedHashMap<>();
        for (Conv conv : network.weighted()) {
            folded.put(conv.name(), folded(layer(conv.name()), conv.outputs()));
        }
        return of(network, folded);
    }

    private static LayerWeights folded(LayerWeights layer, int outputs) {
        Folded folded = Folded.of(layer, outputs);
        return LayerWeights.biased(folded.kernel(), folded.bias());
    }

    private static LayerWeights checked(String name, LayerWeights layer, long weights, int outputs) {
        if (layer == null) {
            throw new IllegalArgumentException("layer " + name + ": expected weights, found none");
        }
        requireLength(name, "kernel", weights, layer.kernel());
        if (layer.bias().isPresent()) {
            requireLength(name, "bias", outputs, layer.bias().get());
        }
        Optional<BatchNorm> norm = layer.batchNorm();
        if (norm.isPresent()) {
            requireLength(name, "batch normalisation scale", outputs, norm.get().gamma());
            requireLength(name, "batch normalisation shift", outputs, norm.get().beta());
            requireLength(name, "batch normalisation mean", outputs, norm.get().mean());
            requireLength(name, "batch normalisation variance", outputs, norm.get().variance());
            for (float variance : norm.get().variance()) {
                if (variance + norm.get().epsilon() <= 0) {
                    throw new IllegalArgumentException("layer " + name
                            + ": expected a positive batch normalisation variance, found " + variance);
                }
            }
        }
        return layer;
    }

    private static void requireLength(String name, String part, long expected, float[] found) {
        if (found.length != expected) {
            throw new IllegalArgumentException(
                    "layer " + name + ": expected " + expected + " values of " + part + ", found " + found.length);
        }
        for (int i = 0; i < found.length; i++) {
            if (!Float.isFinite(found[i])) {
                throw new IllegalArgumentException(
                        "layer " + name + ": expected finite values of " + part + ", found " + found[i] + " at " + i);
            }
        }
    }
}
