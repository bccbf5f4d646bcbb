package dev.spindle.bench;

import dev.spindle.kernel.Broadcast;
import dev.spindle.kernel.ByteMapping;
import dev.spindle.kernel.ChannelwisePair;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.PooledPointwise;
import dev.spindle.kernel.Quantised;
import dev.spindle.kernel.Softmax;
import dev.spindle.kernel.Stem;
import dev.spindle.network.Network;

/**
 * What a planned layer computes, whatever the backend.
 *
 * @param kind {@code stem}, {@code 1x1}, {@code depthwise} or {@code fused} with its step behind it as in
 *     {@code depthwise s2}, {@code pool}, {@code dense}, {@code softmax}, {@code broadcast} or {@code rescale}; two joined
 *     by a plus where they are paired
 * @param pixels M: pixels of the result
 * @param inputs K: elements of one output's sum; of a fused block, its projection's; of a pair, its 1x1 convolution's
 * @param channels N: channels of the result
 */
record LayerShape(String kind, int pixels, int inputs, int channels) {

    /** The shape of a layer of {@code network}. */
    static LayerShape of(Network network, Layer layer) {
        return switch (layer) {
            case Stem stem -> product("stem", stem.outputHeight() * stem.tiling().pixels(), Stem.K, layer);
            case Pointwise pointwise -> product("1x1", pointwise.tiling().pixels(), pointwise.inputs(), layer);
            case Depthwise depthwise -> product(
                    "depthwise" + step(depthwise), depthwise.outputHeight() * depthwise.outputWidth(), Depthwise.TAPS, layer);
            case FusedBlock block -> {
                LayerShape project = of(network, block.project());
                yield new LayerShape("fused" + step(block.depthwise()), project.pixels, project.inputs, project.channels);
            }
            case ChannelwisePair pair -> pair(network, pair.pointwise(), pair.channelwise());
            case PooledPointwise pooled -> pair(network, pooled.pointwise(), pooled.average());
            case GlobalAverage pool -> new LayerShape("pool", 1, pool.pixels(), network.features());
            case Quantised quantised -> of(network, quantised.shape());
            case Dense dense -> product("dense", 1, dense.inputs(), layer);
            case Softmax softmax -> new LayerShape("softmax", 1, 1, softmax.count());
            case Broadcast broadcast ->
                    new LayerShape("broadcast", broadcast.pixels(), 1, broadcast.blocks() * broadcast.channelBlock());
            case ByteMapping mapping -> new LayerShape("rescale", 1, 1, mapping.blocks() * mapping.blockLength());
        };
    }

    private static LayerShape pair(Network network, Layer pointwise, Layer behind) {
        LayerShape second = of(network, behind);
        return new LayerShape("1x1+" + second.kind, second.pixels, of(network, pointwise).inputs, second.channels);
    }

    private static LayerShape product(String kind, int pixels, int inputs, Layer layer) {
        return new LayerShape(kind, pixels, inputs, Math.toIntExact(layer.macs() / ((long) pixels * inputs)));
    }

    private static String step(Depthwise depthwise) {
        return " s" + depthwise.stride() + (depthwise.dilation() == 1 ? "" : " d" + depthwise.dilation());
    }

    /** {@code M.K.N}, and the step where there is one. */
    @Override
    public String toString() {
        int step = kind.indexOf(' ');
        return pixels + "." + inputs + "." + channels + (step < 0 ? "" : kind.substring(step));
    }
}
