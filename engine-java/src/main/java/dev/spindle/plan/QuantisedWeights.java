package dev.spindle.plan;

import dev.spindle.kernel.Multiplier;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.QuantisedSum;
import dev.spindle.network.Classifier;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.SsdLite;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A network in integers: weights, and what the bytes of every map stand for. Maps are of unsigned bytes here, whatever the
 * file's are.
 */
public final class QuantisedWeights {

    private final Ends ends;
    private final Map<String, QuantisedLayer> layers;
    private final Map<String, Quantisation> sums;
    private final QuantisedPool pool;
    private final Optional<QuantisedConcatenation> concatenation;

    /**
     * What a model takes and gives.
     *
     * @param input what the bytes of the input stand for
     * @param signedInput whether the model's own input is of signed bytes, 128 below those of this class
     * @param signedMaps whether maps were of signed bytes where the model comes from
     * @param softmax whether the model ends in a softmax, whose bytes are 256ths
     * @param signedOutput whether the model's own output is of signed bytes
     */
    public record Ends(
            Quantisation input, boolean signedInput, boolean signedMaps, boolean softmax, boolean signedOutput) {

        /** Checks that nothing is null. */
        public Ends {
            Objects.requireNonNull(input, "input");
        }
    }

    private QuantisedWeights(
            Ends ends,
            Map<String, QuantisedLayer> layers,
            Map<String, Quantisation> sums,
            QuantisedPool pool,
            Optional<QuantisedConcatenation> concatenation) {
        this.ends = ends;
        this.layers = layers;
        this.sums = sums;
        this.pool = pool;
        this.concatenation = concatenation;
    }

    /**
     * Binds integers to a network.
     *
     * @param network the description
     * @param ends what the model takes and gives
     * @param layers by the names of {@link Network#weighted}
     * @param sums what the sums of residual blocks stand for, by the block's name
     * @param pool the average
     * @return the weights, checked: every layer present, of the right size, with factors that fixed point can express and
     *     sums that fit 32 bits
     * @throws IllegalArgumentException naming the layer, what was expected and what was found
     */
    public static QuantisedWeights of(
            Network network,
            Ends ends,
            Map<String, QuantisedLayer> layers,
            Map<String, Quantisation> sums,
            QuantisedPool pool) {
        return of(network, ends, layers, sums, pool, Optional.empty());
    }

    /**
     * Binds integers to a network of any top.
     *
     * @param network the description
     * @param ends what the model takes and gives
     * @param layers by the names of {@link Network#weighted}
     * @param sums what the sums of residual blocks stand for, by the block's name
     * @param pool the average
     * @param concatenation how branches are joined, where there are some
     * @return as for a classifier
     * @throws IllegalArgumentException naming the layer, what was expected and what was found
     */
    public static QuantisedWeights of(
            Network network,
            Ends ends,
            Map<String, QuantisedLayer> layers,
            Map<String, Quantisation> sums,
            QuantisedPool pool,
            Optional<QuantisedConcatenation> concatenation) {
        QuantisedWeights weights =
                new QuantisedWeights(ends, new HashMap<>(layers), new HashMap<>(sums), pool, concatenation);
        if (concatenation.isPresent() != network.top() instanceof DeepLab) {
            throw new IllegalArgumentException("concatenation: expected " + (concatenation.isPresent()
                    ? "none in a network without branches, found one"
                    : "what the bytes of joined branches stand for, found nothing"));
        }
        weights.requireAll(network);
        for (Conv conv : network.weighted()) {
            weights.check(network, conv.name(), conv.weights(), conv.outputs());
        }
        for (InvertedResidual block : network.blocks()) {
            if (block.residual()) {
                valid("block " + block.name(), () -> weights.sum(network, block));
            }
        }
        Quantisation map = weights.lastMap(network);
        if (!pool.mean() && !pool.output().equals(map)) {
            throw new IllegalArgumentException(
                    "pool: expected the scale and zero point of its map, " + map + ", found " + pool.output());
        }
        valid("pool", () -> Multiplier.of((double) map.scale() / pool.output().scale()));
        if (network.top() instanceof DeepLab top) {
            valid("concatenation", () -> weights.rescaling(network, top.aspp().name()));
            valid("concatenation", () -> weights.rescaling(network, top.imagePooling().name()));
        }
        return weights;
    }

    private void requireAll(Network network) {
        for (Conv conv : network.weighted()) {
            if (layers.get(conv.name()) == null) {
                throw new IllegalArgumentException("layer " + conv.name() + ": expected weights, found none");
            }
        }
        for (InvertedResidual block : network.blocks()) {
            if (block.residual() && sums.get(block.name()) == null) {
                throw new IllegalArgumentException("block " + block.name() + ": expected the scale of its sum, found none");
            }
        }
    }

    private void check(Network network, String name, long weights, int outputs) {
        QuantisedLayer layer = layers.get(name);
        requireLength(name, "kernel", weights, layer.kernel().length);
        requireLength(name, "bias", outputs, layer.bias().length);
        if (layer.scales().length != 1) {
            requireLength(name, "scales", outputs, layer.scales().length);
        }
        for (float scale : layer.scales()) {
            if (!(scale > 0 && scale <= Quantisation.LARGEST_SCALE)) {
                throw new IllegalArgumentException("layer " + name + ": expected scales above 0 and at most "
                        + Quantisation.LARGEST_SCALE + ", found " + scale);
            }
        }
        Quantisation input = input(network, name);
        int each = layer.kernel().length / outputs;
        for (int channel = 0; channel < outputs; channel++) {
            long magnitude = 0;
            for (int i = channel * each; i < (channel + 1) * each; i++) {
                magnitude += Math.abs(layer.kernel()[i]);
            }
            long largest = Math.abs((long) layer.bias()[channel]) + Quantisation.MAX * magnitude;
            if (largest > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "layer " + name + ": expected sums of 32 bits, found up to " + largest + " in channel " + channel);
            }
            double factor = layer.factor(channel, input);
            valid("layer " + name, () -> Multiplier.of(factor));
        }
    }

    private static void requireLength(String name, String part, long expected, int found) {
        if (found != expected) {
            throw new IllegalArgumentException(
                    "layer " + name + ": expected " + expected + " values of " + part + ", found " + found);
        }
    }

    private static void valid(String what, Runnable make) {
        try {
            make.run();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(what + ": " + e.getMessage(), e);
        }
    }

    /**
     * The same layers in fp32: each weight and bias as the real number that it stands for, biases in units of the fp32
     * product of input scale and weight scale.
     *
     * @param network the description
     */
    public Weights dequantised(Network network) {
        Map<String, LayerWeights> floats = new HashMap<>();
        layers.forEach((name, layer) -> {
            int outputs = layer.bias().length;
            int each = layer.kernel().length / outputs;
            float input = input(network, name).scale();
            float[] kernel = new float[layer.kernel().length];
            for (int i = 0; i < kernel.length; i++) {
                kernel[i] = (float) (layer.kernel()[i] * (double) layer.scale(i / each));
            }
            float[] bias = new float[outputs];
            for (int output = 0; output < outputs; output++) {
                bias[output] = (float) (layer.bias()[output] * (double) (input * layer.scale(output)));
            }
            floats.put(name, LayerWeights.biased(kernel, bias));
        });
        return Weights.of(network, floats);
    }

    /** What the model takes and gives. */
    public Ends ends() {
        return ends;
    }

    /** The integers of a layer; throws {@link IllegalArgumentException} for an unknown name. */
    public QuantisedLayer layer(String name) {
        QuantisedLayer found = layers.get(name);
        if (found == null) {
            throw new IllegalArgumentException("no weights for layer " + name + ", known: " + layers.keySet());
        }
        return found;
    }

    /** The average. */
    public QuantisedPool pool() {
        return pool;
    }

    /** How the branches of a segmentation head are joined; empty for other tops. */
    public Optional<QuantisedConcatenation> concatenation() {
        return concatenation;
    }

    /** What becomes of each byte of a branch where it is joined; empty where it stays as it is. */
    Optional<byte[]> rescaling(Network network, String branch) {
        if (!(network.top() instanceof DeepLab top)) {
            throw new IllegalArgumentException("no branch " + branch + " in " + network.architecture());
        }
        QuantisedConcatenation joint = concatenation.orElseThrow();
        Quantisation before = layer(branch).output();
        Quantisation joined = branch.equals(top.aspp().name()) ? joint.aspp() : joint.imagePooling();
        boolean same = before.equals(joined) && joined.equals(joint.output());
        return same ? Optional.empty() : Optional.of(joint.results(before, joined));
    }

    /** What the bytes of a block's result stand for, its sum included. */
    public Quantisation output(InvertedResidual block) {
        return block.residual() ? sums.get(block.name()) : layer(block.project().name()).output();
    }

    /** The sum at the end of a residual block. */
    QuantisedSum sum(Network network, InvertedResidual block) {
        return QuantisedSum.of(
                layer(block.project().name()).output(),
                input(network, block.convolutions().getFirst().name()),
                sums.get(block.name()));
    }

    /** What the bytes stand for that a layer reads. */
    public Quantisation input(Network network, String name) {
        Quantisation map = ends.input();
        if (network.stem().name().equals(name)) {
            return map;
        }
        map = layer(network.stem().name()).output();
        for (InvertedResidual block : network.blocks()) {
            for (Conv conv : block.convolutions()) {
                if (conv.name().equals(name)) {
                    return map;
                }
                map = layer(conv.name()).output();
            }
            map = output(block);
        }
        return switch (network.top()) {
            case Classifier classifier -> Network.CLASSIFIER.equals(name) ? pool.output() : map;
            case DeepLab top -> input(top, name, map);
            case SsdLite _ -> throw new IllegalArgumentException(
                    network.architecture() + ": detectors compute in fp32, expected no integers for " + name);
        };
    }

    private Quantisation input(DeepLab top, String name, Quantisation last) {
        if (top.imagePooling().name().equals(name)) {
            return pool.output();
        }
        if (top.projection().name().equals(name)) {
            return concatenation.orElseThrow().output();
        }
        return top.logits().name().equals(name) ? layer(top.projection().name()).output() : last;
    }

    /** What the bytes of the map stand for that is averaged. */
    public Quantisation lastMap(Network network) {
        return network.head().map(head -> layer(head.name()).output()).orElseGet(() -> input(network, Network.POOL));
    }
}
