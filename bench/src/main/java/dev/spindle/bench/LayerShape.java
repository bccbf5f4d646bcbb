package dev.spindle.bench;

import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Softmax;
import dev.spindle.kernel.Stem;
import dev.spindle.network.Network;

/**
 * What a planned layer computes, whatever the backend.
 *
 * @param kind {@code stem}, {@code 1x1}, {@code depthwise s1}, {@code depthwise s2}, {@code fused} (a block, by the
 *     shape of its projection), {@code pool}, {@code dense} or {@code softmax}
 * @param pixels M: pixels of the result
 * @param inputs K: elements of one output's sum
 * @param channels N: channels of the result
 */
record LayerShape(String kind, int pixels, int inputs, int channels) {

    /** The shape of a layer of {@code network}. */
    static LayerShape of(Network network, Layer layer) {
        return switch (layer) {
            case Stem stem -> product("stem", stem.outputHeight() * stem.tiling().pixels(), Stem.K, layer);
            case Pointwise pointwise -> product("1x1", pointwise.tiling().pixels(), pointwise.inputs(), layer);
            case Depthwise depthwise -> product(
                    "depthwise s" + depthwise.stride() + (depthwise.dilation() == 1 ? "" : " d" + depthwise.dilation()),
                    depthwise.outputHeight() * depthwise.outputWidth(),
                    Depthwise.TAPS,
                    layer);
            case FusedBlock block -> new LayerShape(
                    "fused", block.project().tiling().pixels(), block.project().inputs(), of(network, block.project()).channels);
            case GlobalAverage pool -> new LayerShape("pool", 1, pool.pixels(), network.features());
            case Dense dense -> product("dense", 1, dense.inputs(), layer);
            case Softmax softmax -> new LayerShape("softmax", 1, 1, softmax.count());
        };
    }

    private static LayerShape product(String kind, int pixels, int inputs, Layer layer) {
        return new LayerShape(kind, pixels, inputs, Math.toIntExact(layer.macs() / ((long) pixels * inputs)));
    }

    /** {@code M.K.N}, and the step of a depthwise convolution. */
    @Override
    public String toString() {
        int step = kind.indexOf(' ');
        return pixels + "." + inputs + "." + channels + (step < 0 ? "" : kind.substring(step));
    }
}
