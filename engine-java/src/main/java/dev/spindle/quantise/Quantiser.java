package dev.spindle.quantise;

import dev.spindle.Checkpoint;
import dev.spindle.Options;
import dev.spindle.image.Preprocessing;
import dev.spindle.kernel.Quantisation;
import dev.spindle.network.Classifier;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.SsdLite;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.QuantisedConcatenation;
import dev.spindle.plan.QuantisedLayer;
import dev.spindle.plan.QuantisedPool;
import dev.spindle.plan.QuantisedWeights;
import dev.spindle.plan.Weights;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Turns a network of fp32 into one of integers: batch normalisation folded, weights of signed bytes with one scale an output
 * channel and no zero point, maps of unsigned bytes with ranges from calibration inputs. The result is computed like any
 * quantised file of TensorFlow Lite.
 */
public final class Quantiser {

    /** Signed weights go from -127 to 127. */
    private static final int LARGEST_WEIGHT = Byte.MAX_VALUE;

    /** What a weight's step is at least worth, in steps of the result by steps of the input: below, only the bias counts. */
    private static final double SMALLEST_FACTOR = 0x1p-16;

    private static final int LEVELS = 255;

    private final QuantiserSettings settings;
    private final Network network;
    private final Weights weights;
    private final Calibration calibration;
    private final Map<String, QuantisedLayer> layers = new HashMap<>();
    private final Map<String, Quantisation> sums = new HashMap<>();

    private Quantiser(QuantiserSettings settings, Network network, Weights weights, Calibration calibration) {
        this.settings = settings;
        this.network = network;
        this.weights = weights;
        this.calibration = calibration;
    }

    /**
     * Quantises a network.
     *
     * @param checkpoint its fp32 weights are taken; integers that it may have are not
     * @param inputs what ranges are measured on, {@link QuantiserSettings#passes} times each
     * @param settings how
     * @param options backend and threads of the calibration
     * @param done is called once an input and pass
     * @return the same network, preprocessing, labels and source with integers, and the fp32 weights that those stand for
     * @throws IllegalArgumentException where a map has values that are not finite, or the integers cannot be computed with
     */
    public static Checkpoint quantise(
            Checkpoint checkpoint, CalibrationInputs inputs, QuantiserSettings settings, Options options, Runnable done) {
        Network network = checkpoint.network();
        Checkpoint folded = checkpoint.folded();
        Calibration calibration = Calibration.of(folded, inputs, options, done);
        if (settings.equalisation()) {
            folded = folded.withWeights(Equalisation.apply(network, folded.weights(), calibration));
            calibration = Calibration.of(folded, inputs, options, done);
        }
        QuantisedWeights integers =
                new Quantiser(settings, network, folded.weights(), calibration).integers(folded.preprocessing());
        return folded.withWeights(integers.dequantised(network)).withQuantised(integers);
    }

    private QuantisedWeights integers(Preprocessing preprocessing) {
        QuantisedWeights.Ends ends = new QuantisedWeights.Ends(input(preprocessing), false, false, false, false);
        Quantisation map = add(network.stem(), ends.input());
        for (InvertedResidual block : network.blocks()) {
            for (Conv conv : block.convolutions()) {
                map = add(conv, map);
            }
            if (block.residual()) {
                map = quantisation(block.name());
                sums.put(block.name(), map);
            }
        }
        return switch (network.top()) {
            case Classifier top -> classifier(top, ends, map);
            case DeepLab top -> segmentation(top, ends, map);
            case SsdLite _ -> throw new IllegalArgumentException(
                    network.architecture() + ": detectors compute in fp32, expected another network");
        };
    }

    private QuantisedWeights classifier(Classifier top, QuantisedWeights.Ends ends, Quantisation last) {
        top.head().ifPresent(head -> add(head, last));
        QuantisedPool pool = pool();
        String name = Network.CLASSIFIER;
        layers.put(name, layer(name, false, pool.output(), quantisation(name)));
        return QuantisedWeights.of(network, ends, layers, sums, pool);
    }

    /** Both branches get the bytes of the joined map, so that joining them rounds nothing. */
    private QuantisedWeights segmentation(DeepLab top, QuantisedWeights.Ends ends, Quantisation last) {
        QuantisedPool pool = pool();
        Quantisation joined = quantisation(top.aspp().name(), top.imagePooling().name());
        add(top.aspp(), last, joined);
        add(top.imagePooling(), pool.output(), joined);
        add(top.logits(), add(top.projection(), joined));
        return QuantisedWeights.of(
                network, ends, layers, sums, pool, Optional.of(new QuantisedConcatenation(joined, joined, joined)));
    }

    private QuantisedPool pool() {
        return new QuantisedPool(true, quantisation(Network.POOL));
    }

    private Quantisation add(Conv conv, Quantisation input) {
        return add(conv, input, quantisation(conv.name()));
    }

    private Quantisation add(Conv conv, Quantisation input, Quantisation output) {
        layers.put(conv.name(), layer(conv.name(), conv.isDepthwise(), input, output));
        return output;
    }

    /** All values that pictures can have. */
    private static Quantisation input(Preprocessing preprocessing) {
        double low = 0;
        double high = 0;
        for (int colour = 0; colour < preprocessing.mean().length; colour++) {
            double black = -preprocessing.mean()[colour] * (double) preprocessing.scale()[colour];
            double white = (LEVELS - preprocessing.mean()[colour]) * (double) preprocessing.scale()[colour];
            low = Math.min(low, Math.min(black, white));
            high = Math.max(high, Math.max(black, white));
        }
        return quantisation(low, high);
    }

    /** What bytes stand for that hold the values of maps. */
    private Quantisation quantisation(String... maps) {
        double low = 0;
        double high = 0;
        for (String map : maps) {
            Histogram.Range range = calibration.map(map).histogram().range(settings.ranges(), settings.percentile());
            low = Math.min(low, range.low());
            high = Math.max(high, range.high());
        }
        return quantisation(low, high);
    }

    /** The smallest scale, with a zero point, whose bytes reach both ends of a range. */
    private static Quantisation quantisation(double low, double high) {
        if (high - low < Float.MIN_NORMAL) {
            return new Quantisation(1, 0);
        }
        int zero = (int) Math.round(LEVELS * -low / (high - low));
        double below = zero == 0 ? 0 : -low / zero;
        double above = zero == LEVELS ? 0 : high / (LEVELS - zero);
        return new Quantisation((float) Math.max(below, above), zero);
    }

    private QuantisedLayer layer(String name, boolean depthwise, Quantisation input, Quantisation output) {
        LayerWeights real = weights.layer(name);
        float[] kernel = real.kernel();
        float[] bias = real.bias().orElseThrow();
        double[] inputs = calibration.inputMeans(name);
        int each = kernel.length / bias.length;
        int taps = depthwise ? each : each / inputs.length;
        short[] steps = new short[kernel.length];
        float[] scales = new float[bias.length];
        int[] biases = new int[bias.length];
        for (int channel = 0; channel < bias.length; channel++) {
            float largest = 0;
            for (int i = channel * each; i < (channel + 1) * each; i++) {
                largest = Math.max(largest, Math.abs(kernel[i]));
            }
            float scale = (float) Math.max(
                    largest / LARGEST_WEIGHT, SMALLEST_FACTOR * output.scale() / input.scale());
            scales[channel] = scale;
            double added = 0;
            long magnitude = 0;
            for (int i = 0; i < each; i++) {
                float weight = kernel[channel * each + i];
                int step = Math.clamp(Math.round((double) weight / scale), -LARGEST_WEIGHT, LARGEST_WEIGHT);
                steps[channel * each + i] = (short) step;
                magnitude += Math.abs(step);
                added += ((double) step * scale - weight) * inputs[depthwise ? channel : i / taps];
            }
            double exact = bias[channel] - (settings.biasCorrection() ? added : 0);
            long limit = Integer.MAX_VALUE - Quantisation.MAX * magnitude;
            biases[channel] = (int) Math.clamp(Math.round(exact / ((double) input.scale() * scale)), -limit, limit);
        }
        return new QuantisedLayer(steps, biases, scales, false, output);
    }
}
