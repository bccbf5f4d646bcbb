package dev.spindle.kernel;

/**
 * A 1x1 convolution and the channelwise layer behind it: what a thread computes of the one is all that it reads for its
 * share of the other, so that no barrier stands between them. A unit is one channel tile of the convolution, with all
 * pixels.
 *
 * @param pointwise computes all that {@code channelwise} reads
 * @param channelwise a layer on channel blocks in the same order
 */
public record ChannelwisePair(ChannelTiled pointwise, Channelwise channelwise) implements Layer {

    @Override
    public String name() {
        return pointwise.name() + "+" + channelwise.name();
    }

    @Override
    public int units() {
        return pointwise.tiling().channelTiles();
    }

    @Override
    public long macs() {
        return pointwise.macs() + channelwise.macs();
    }

    @Override
    public void run(Kernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        Tiling tiling = pointwise.tiling();
        int perBlock = channelwise.unitsPerBlock();
        pointwise.run(kernel, weights, activations, scratch, tiling.firstUnit(from), tiling.firstUnit(to));
        channelwise.run(
                kernel, weights, activations, scratch, perBlock * tiling.firstBlock(from), perBlock * tiling.firstBlock(to));
    }
}
