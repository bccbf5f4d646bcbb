package dev.spindle.plan;

import dev.spindle.kernel.ChannelwisePair;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.PooledPointwise;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.Quantised;
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

    /** How many pixels it has. */
    public int pixels() {
        return height * width;
    }

    /** How many values it has, without those that fill the last channel block up. */
    public int length() {
        return Math.multiplyExact(pixels(), channels);
    }

    /** The same shape at a place. */
    FeatureMap at(int place) {
        return new FeatureMap(name, height, width, channels, place);
    }

    /** The same map as a layer makes it: in bytes where that computes in integers. */
    FeatureMap madeBy(Layer layer) {
        return switch (layer) {
            case Quantised quantised ->
                    new FeatureMap(name, height, width, channels, offset, Optional.of(quantised.output()));
            case ChannelwisePair pair -> madeBy(pair.channelwise());
            case PooledPointwise pooled -> madeBy(pooled.average());
            default -> this;
        };
    }

    /**
     * Copies the map out in logical order.
     *
     * @param activations a session's memory
     * @param layout the plan's
     * @return {@code [height][width][channels]}, bytes as the real numbers that they stand for
     */
    public float[] read(Memory activations, Layout layout) {
        float[] values = new float[length()];
        new MapReader(layout).read(this, activations, values, 0);
        return values;
    }
}
