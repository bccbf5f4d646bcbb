package dev.spindle.plan;

import dev.spindle.kernel.Quantisation;
import dev.spindle.network.Activation;
import dev.spindle.network.Classifier;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.SsdLite;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Networks of random integers, whose results spread over all bytes. */
public final class QuantisedNetworks {

    /** What is special about the integers. */
    public enum Style {
        /** Nothing: zero points are where they are in published networks. */
        PLAIN,
        /** Powers of two as scales, so that sums often fall in the middle between two bytes. */
        TIES,
        /** Every channel's factor is up to 2^8 away from what spreads its results: they saturate, or hardly move. */
        SHIFTS,
        /** All weights and zero points are at an end of their range, and biases are large. */
        EXTREMES
    }

    private static final double ROOT_OF_BYTE = 74;
    private static final double MIDDLE = 127.5;
    private static final double SPREAD = 50;

    private final Random random;
    private final Style style;
    private final Map<String, QuantisedLayer> layers = new HashMap<>();
    private final Map<String, Quantisation> sums = new HashMap<>();

    private QuantisedNetworks(long seed, Style style) {
        this.random = new Random(seed);
        this.style = style;
    }

    /** Random integers for a network; the same seed gives the same ones. */
    public static QuantisedWeights random(Network network, long seed, Style style) {
        return new QuantisedNetworks(seed, style).weights(network);
    }

    private QuantisedWeights weights(Network network) {
        Quantisation input = map(Activation.LINEAR);
        Quantisation map = add(network.stem(), input);
        for (InvertedResidual block : network.blocks()) {
            Quantisation before = map;
            for (Conv conv : block.convolutions()) {
                map = add(conv, map);
            }
            if (block.residual()) {
                float scale = Math.max(before.scale(), map.scale()) * (1 + random.nextFloat());
                map = new Quantisation(style == Style.TIES ? powerOfTwo(scale) : scale, zeroPoint(Activation.LINEAR));
                sums.put(block.name(), map);
            }
        }
        if (network.head().isPresent()) {
            map = add(network.head().get(), map);
        }
        boolean mean = random.nextBoolean();
        Quantisation features = mean ? average(map) : map;
        Optional<QuantisedConcatenation> joint = Optional.empty();
        switch (network.top()) {
            case Classifier classifier -> add(network.weighted().getLast(), features);
            case DeepLab top -> joint = Optional.of(join(top, map, features));
            case SsdLite _ -> throw new IllegalArgumentException("detectors have no integers");
        }
        QuantisedWeights.Ends ends = new QuantisedWeights.Ends(
                input, random.nextBoolean(), random.nextBoolean(), random.nextBoolean(), random.nextBoolean());
        return QuantisedWeights.of(network, ends, layers, sums, new QuantisedPool(mean, features), joint);
    }

    /** Branches that are joined as they are, or rescaled before that or there. */
    private QuantisedConcatenation join(DeepLab top, Quantisation map, Quantisation features) {
        Quantisation aspp = add(top.aspp(), map);
        Quantisation pooled = add(top.imagePooling(), features);
        Quantisation output = random.nextBoolean() ? aspp : average(aspp);
        add(top.logits(), add(top.projection(), output));
        return new QuantisedConcatenation(
                random.nextBoolean() ? aspp : output, random.nextBoolean() ? average(pooled) : output, output);
    }

    private Quantisation average(Quantisation map) {
        return new Quantisation(map.scale() * (0.3f + random.nextFloat()), style == Style.PLAIN ? map.zeroPoint() : anyByte());
    }

    private static float powerOfTwo(double near) {
        return (float) Math.scalb(1.0, Math.getExponent(near));
    }

    private Quantisation map(Activation activation) {
        double scale = Math.exp(random.nextDouble(-4, -1));
        return new Quantisation(style == Style.TIES ? powerOfTwo(scale) : (float) scale, zeroPoint(activation));
    }

    /** Low ones behind an activation, which leaves nothing below the zero point; rarely one that leaves nothing at all. */
    private int zeroPoint(Activation activation) {
        if (style == Style.PLAIN) {
            return activation == Activation.LINEAR ? 100 + random.nextInt(56) : random.nextInt(20);
        }
        return activation == Activation.LINEAR || random.nextInt(8) == 0 ? anyByte() : anyByte() / 8;
    }

    /** Often one of both ends. */
    private int anyByte() {
        return switch (random.nextInt(style == Style.EXTREMES ? 2 : 4)) {
            case 0 -> 0;
            case 1 -> Quantisation.MAX;
            default -> random.nextInt(Quantisation.MAX + 1);
        };
    }

    private Quantisation add(Conv conv, Quantisation input) {
        int inputs = conv.inputsPerGroup() * conv.kernel() * conv.kernel();
        boolean signed = random.nextBoolean();
        int zero = style == Style.PLAIN ? 118 + random.nextInt(20) : anyByte();
        short[] kernel = new short[conv.outputs() * inputs];
        for (int i = 0; i < kernel.length; i++) {
            int stored = style == Style.EXTREMES ? random.nextInt(2) * Quantisation.MAX : random.nextInt(Quantisation.MAX + 1);
            kernel[i] = (short) (signed ? Math.max(-127, stored - 128) : stored - zero);
        }
        double root = Math.hypot(ROOT_OF_BYTE, MIDDLE - input.zeroPoint()) * ROOT_OF_BYTE * Math.sqrt(inputs);
        int[] bias = new int[conv.outputs()];
        for (int channel = 0; channel < bias.length; channel++) {
            double sum = 0;
            for (int i = channel * inputs; i < (channel + 1) * inputs; i++) {
                sum += kernel[i];
            }
            bias[channel] = (int) (root * random.nextGaussian() - sum * (MIDDLE - input.zeroPoint()));
            if (style == Style.EXTREMES && random.nextInt(8) == 0) {
                bias[channel] = (random.nextInt(2) * 2 - 1) * ((1 << 31) - 1 - 65025 * inputs);
            }
        }
        Quantisation output = map(conv.activation());
        float[] scales = new float[random.nextBoolean() ? 1 : conv.outputs()];
        double scale = SPREAD / root * output.scale() / input.scale();
        for (int i = 0; i < scales.length; i++) {
            scales[i] = switch (style) {
                case PLAIN, EXTREMES -> (float) (scale * (0.5 + random.nextDouble()));
                case TIES -> powerOfTwo(scale);
                case SHIFTS -> (float) (scale * Math.scalb(0.5 + random.nextDouble(), random.nextInt(17) - 8));
            };
        }
        layers.put(conv.name(), new QuantisedLayer(kernel, bias, scales, random.nextBoolean(), output));
        return output;
    }
}
