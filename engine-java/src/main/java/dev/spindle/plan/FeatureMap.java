package dev.spindle.plan;

import dev.spindle.kernel.ChannelwisePair;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.Quantised;
import dev.spindle.kernel.Softmax;
import dev.spindle.kernel.Stem;
import dev.spindle.network.Conv;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one layer of a plan makes, and where it stands in a session's memory once the layer has run, until a later one
 * takes its place.
 *
 * @param name the name of the layer in the network; where layers are fused, that of the last
 * @param height rows; 1 behind the pool
 * @param width columns; 1 behind the pool
 * @param channels without those that fill the last channel block up
 * @param offset of {@code [blocks(channels)][height * width][c]} among the activations
 * @param quantisation what its bytes stand for; empty in a plan of fp32
 */
public record FeatureMap(
        String name, int height, int width, int channels, int offset, Optional<Quantisation> quantisation) {

    /** A map of fp32. */
    public FeatureMap(String name, int height, int width, int channels, int offset) {
        this(name, height, width, channels, offset, Optional.empty());
    }

    /** The maps of a plan's layers, one a layer, in execution order. */
    public static List<FeatureMap> of(Plan plan) {
        Network network = plan.network();
        Map<String, FeatureMap> shapes = shapes(network);
        return plan.layers().stream().map(layer -> of(layer, network, shapes)).toList();
    }

    private static FeatureMap of(Layer layer, Network network, Map<String, FeatureMap> shapes) {
        return switch (layer) {
            case Stem stem -> shapes.get(stem.name()).at(stem.output());
            case Pointwise pointwise -> shapes.get(pointwise.name()).at(pointwise.output());
            case Depthwise depthwise -> shapes.get(depthwise.name()).at(depthwise.output());
            case FusedBlock block -> of(block.project(), network, shapes);
            case ChannelwisePair pair -> of(pair.channelwise(), network, shapes);
            case GlobalAverage pool -> new FeatureMap(pool.name(), 1, 1, network.features(), pool.output());
            case Dense dense -> new FeatureMap(dense.name(), 1, 1, network.classes(), dense.output());
            case Quantised quantised -> {
                FeatureMap map = of(quantised.shape(), network, shapes);
                yield new FeatureMap(
                        map.name, map.height, map.width, map.channels, map.offset, Optional.of(quantised.output()));
            }
            case Softmax softmax -> throw new IllegalArgumentException("a plan with a softmax: " + softmax);
        };
    }

    /** The maps that the convolutions make, by name, at no place yet. */
    private static Map<String, FeatureMap> shapes(Network network) {
        Map<String, FeatureMap> shapes = new HashMap<>();
        int height = network.height();
        int width = network.width();
        for (Conv conv : network.convolutions()) {
            height = Padding.outputSize(height, conv.stride());
            width = Padding.outputSize(width, conv.stride());
            shapes.put(conv.name(), new FeatureMap(conv.name(), height, width, conv.outputs(), 0));
        }
        return shapes;
    }

    private FeatureMap at(int place) {
        return new FeatureMap(name, height, width, channels, place);
    }

    /**
     * Copies the map out in logical order.
     *
     * @param activations a session's memory
     * @param layout the plan's
     * @return {@code [height][width][channels]}, bytes as the real numbers that they stand for
     */
    public float[] read(Memory activations, Layout layout) {
        int pixels = height * width;
        int c = layout.channelBlock();
        float[] values = new float[Math.multiplyExact(pixels, channels)];
        float[] block = new float[pixels * c];
        for (int first = 0; first < channels; first += c) {
            readBlock(activations, layout, offset + first * pixels, block);
            int lanes = Math.min(c, channels - first);
            for (int pixel = 0; pixel < pixels; pixel++) {
                System.arraycopy(block, pixel * c, values, pixel * channels + first, lanes);
            }
        }
        return values;
    }

    private void readBlock(Memory activations, Layout layout, int from, float[] block) {
        if (quantisation.isEmpty()) {
            activations.read(from, block, 0, block.length);
            return;
        }
        int[] integers = new int[block.length];
        activations.readIntegers(from, integers, 0, integers.length);
        int zero = layout.isCentred() ? 0 : quantisation.get().zeroPoint();
        for (int i = 0; i < block.length; i++) {
            block[i] = quantisation.get().scale() * (integers[i] - zero);
        }
    }
}
