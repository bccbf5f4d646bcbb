package dev.spindle.quantise;

import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Scales the channels of maps, and the weights around them the other way, so that the network stays the same function and its
 * channels use more of the steps that a map has: cross-layer equalisation (Nagel et al., arXiv 1906.04721, section 4.1).
 *
 * <p>There, weights have one scale a tensor, and what is balanced are the ranges of the weights before and behind a map. Here,
 * they have one an output channel, and those before a map scale for nothing. What shares a scale are the channels of the map,
 * and the inputs of each output behind it: channel i is divided by {@code sqrt(a / r)}, with a its largest activation and r
 * the weights behind it, both as shares of what sets the scale. Linear maps, whose channels differ most, lose more by their
 * own rounding than by that of the weights behind them: their divisor leans towards a. Behind a depthwise convolution nothing
 * is shared but the map, and the divisor is a. Maps that residual blocks add up are scaled as one. Those
 * between the layers of a segmentation head are left as they are.
 *
 * <p>Before that, channels of linear maps that 1x1 convolutions read are moved so that their ranges lie around 0: the bias
 * before the map takes the middle off, and the biases behind it make up for that.
 *
 * <p>ReLU lets scales through, ReLU6 does not: its bound would have to be one a channel. The network keeps its ReLU6, as
 * follows. A channel that reaches 6 on the calibration inputs is not scaled. The others are scaled no farther than their
 * largest activation stays within 6. So nothing changes on the calibration inputs, and on others only where a channel that
 * always stayed below 6 would be clipped, or is not clipped any more.
 */
final class Equalisation {

    private static final float BOUND = 6;

    /** The power of a in the divisor of linear maps, found by trial; that of r is the rest of 1. */
    private static final double LINEAR_LEAN = 0.7;

    private final Network network;
    private final Calibration calibration;
    private final Map<String, Conv> convolutions = new HashMap<>();
    private final Map<String, float[]> kernels = new HashMap<>();
    private final Map<String, float[]> biases = new HashMap<>();

    /** A channel's way from the layers that write it to those that read it, through maps that have to have one scale. */
    private record Joint(List<String> writers, List<String> maps, List<String> readers) {
        Joint(String writer) {
            this(new ArrayList<>(List.of(writer)), new ArrayList<>(List.of(writer)), new ArrayList<>());
        }

        /** The maps that are read: all but what is added to another. */
        List<String> seen() {
            List<String> seen = new ArrayList<>(maps);
            seen.removeAll(writers.subList(1, writers.size()));
            return seen;
        }
    }

    private Equalisation(Network network, Weights folded, Calibration calibration) {
        this.network = network;
        this.calibration = calibration;
        for (Conv conv : network.weighted()) {
            LayerWeights layer = folded.layer(conv.name());
            convolutions.put(conv.name(), conv);
            kernels.put(conv.name(), layer.kernel().clone());
            biases.put(conv.name(), layer.bias().orElseThrow().clone());
        }
    }

    /**
     * The weights of a network that does the same.
     *
     * @param network the description
     * @param folded weights without batch normalisation
     * @param calibration of that network
     */
    static Weights apply(Network network, Weights folded, Calibration calibration) {
        Equalisation equalisation = new Equalisation(network, folded, calibration);
        equalisation.joints().forEach(equalisation::equalise);
        Map<String, LayerWeights> layers = new HashMap<>();
        equalisation.kernels.forEach((name, kernel) ->
                layers.put(name, LayerWeights.biased(kernel, equalisation.biases.get(name))));
        return Weights.of(network, layers);
    }

    private List<Joint> joints() {
        List<Joint> joints = new ArrayList<>();
        Joint open = new Joint(network.stem().name());
        joints.add(open);
        for (InvertedResidual block : network.blocks()) {
            List<Conv> chain = block.convolutions();
            open.readers.add(chain.getFirst().name());
            for (int i = 0; i < chain.size() - 1; i++) {
                Joint hidden = new Joint(chain.get(i).name());
                hidden.readers.add(chain.get(i + 1).name());
                joints.add(hidden);
            }
            if (block.residual()) {
                open.writers.add(block.project().name());
                open.maps.addAll(List.of(block.project().name(), block.name()));
            } else {
                open = new Joint(block.project().name());
                joints.add(open);
            }
        }
        if (network.head().isPresent()) {
            open.readers.add(network.head().get().name());
            open = new Joint(network.head().get().name());
            joints.add(open);
        }
        open.maps.add(Network.POOL);
        open.readers.addAll(network.top() instanceof DeepLab top
                ? List.of(top.aspp().name(), top.imagePooling().name())
                : List.of(Network.CLASSIFIER));
        return joints;
    }

    private void equalise(Joint joint) {
        boolean centred = isLinear(joint) && joint.readers.stream().allMatch(this::isPointwise);
        int channels = biases.get(joint.writers.getFirst()).length;
        float[] middles = new float[channels];
        for (int channel = 0; centred && channel < channels; channel++) {
            middles[channel] = middle(joint, channel);
        }
        shift(joint, middles);
        scale(joint, middles);
    }

    private boolean isLinear(Joint joint) {
        return joint.writers.stream().allMatch(name -> convolutions.get(name).activation() == Activation.LINEAR);
    }

    private boolean isPointwise(String layer) {
        return convolutions.get(layer).kernel() == 1;
    }

    /** The middle of a channel, on average over the maps that readers see. */
    private float middle(Joint joint, int channel) {
        double sum = 0;
        List<String> seen = joint.seen();
        for (String map : seen) {
            sum += calibration.map(map).middle(channel);
        }
        return (float) (sum / seen.size());
    }

    /** Takes something off each channel of the first map, and so of all sums, and gives it to the biases behind. */
    private void shift(Joint joint, float[] middles) {
        float[] first = biases.get(joint.writers.getFirst());
        for (int channel = 0; channel < middles.length; channel++) {
            first[channel] -= middles[channel];
        }
        for (String reader : joint.readers) {
            if (isPointwise(reader)) {
                float[] kernel = kernels.get(reader);
                float[] bias = biases.get(reader);
                for (int output = 0; output < bias.length; output++) {
                    double added = 0;
                    for (int channel = 0; channel < middles.length; channel++) {
                        added += kernel[output * middles.length + channel] * (double) middles[channel];
                    }
                    bias[output] += (float) added;
                }
            }
        }
    }

    private void scale(Joint joint, float[] middles) {
        int channels = middles.length;
        double[] activations = new double[channels];
        for (String name : joint.maps) {
            MapStatistics map = calibration.map(name);
            double[] magnitudes = new double[channels];
            for (int channel = 0; channel < channels; channel++) {
                float middle = joint.seen().contains(name) ? middles[channel] : 0;
                magnitudes[channel] = map.magnitude(channel, middle);
            }
            double largest = Arrays.stream(magnitudes).max().orElseThrow();
            for (int channel = 0; largest > 0 && channel < channels; channel++) {
                activations[channel] = Math.max(activations[channel], magnitudes[channel] / largest);
            }
        }
        List<String> sharing = joint.readers.stream().filter(name -> !isDepthwise(name)).toList();
        double[] weights = new double[channels];
        sharing.forEach(name -> addShares(name, weights));
        double lean = isLinear(joint) ? LINEAR_LEAN : 0.5;
        for (int channel = 0; channel < channels; channel++) {
            double divisor = sharing.isEmpty()
                    ? activations[channel]
                    : Math.pow(activations[channel], lean) / Math.pow(weights[channel], 1 - lean);
            if (divisor > 0 && Double.isFinite(divisor)) {
                scale(joint, channel, bounded(joint, channel, divisor));
            }
        }
    }

    private boolean isDepthwise(String layer) {
        return convolutions.get(layer).isDepthwise();
    }

    /** Raises the share that each input has of the largest weight of an output. */
    private void addShares(String reader, double[] shares) {
        float[] kernel = kernels.get(reader);
        int outputs = biases.get(reader).length;
        int inputs = shares.length;
        int each = kernel.length / outputs / inputs;
        for (int output = 0; output < outputs; output++) {
            double[] largest = new double[inputs];
            for (int i = 0; i < inputs * each; i++) {
                largest[i / each] = Math.max(largest[i / each], Math.abs(kernel[output * inputs * each + i]));
            }
            double most = Arrays.stream(largest).max().orElseThrow();
            for (int input = 0; most > 0 && input < inputs; input++) {
                shares[input] = Math.max(shares[input], largest[input] / most);
            }
        }
    }

    /** A divisor that no ReLU6 before the map notices. */
    private double bounded(Joint joint, int channel, double divisor) {
        double least = divisor;
        for (String name : joint.writers) {
            if (convolutions.get(name).activation() == Activation.RELU6) {
                float largest = calibration.map(name).magnitude(channel, 0);
                if (largest >= BOUND) {
                    return 1;
                }
                least = Math.max(least, largest / BOUND);
            }
        }
        return least;
    }

    private void scale(Joint joint, int channel, double divisor) {
        for (String writer : joint.writers) {
            int each = kernels.get(writer).length / biases.get(writer).length;
            multiply(kernels.get(writer), channel * each, each, 1 / divisor);
            biases.get(writer)[channel] /= (float) divisor;
        }
        for (String reader : joint.readers) {
            float[] kernel = kernels.get(reader);
            if (isDepthwise(reader)) {
                int each = kernel.length / biases.get(reader).length;
                multiply(kernel, channel * each, each, divisor);
            } else {
                int inputs = convolutions.get(reader).inputs();
                int each = kernel.length / biases.get(reader).length / inputs;
                for (int output = 0; output < biases.get(reader).length; output++) {
                    multiply(kernel, (output * inputs + channel) * each, each, divisor);
                }
            }
        }
    }

    private static void multiply(float[] values, int from, int count, double factor) {
        for (int i = from; i < from + count; i++) {
            values[i] = (float) (values[i] * factor);
        }
    }
}
