package dev.spindle.kernel;

/**
 * A 1x1 convolution whose map never stands in memory as a whole, because only the average over its pixels is wanted. A thread
 * computes a few channel tiles of the map in its scratch, takes their averages, and goes on with the next few in the same
 * place. The order of every sum is that of the two layers run one by one, and so are its bits.
 *
 * <p>The layers are planned as if they ran alone, but the map has no offset of its own. A unit is one channel tile of the
 * convolution, with all pixels.
 *
 * @param pointwise the convolution, without a residual
 * @param average the pool behind it
 * @param groupTiles channel tiles that stand in the scratch at a time
 */
public record PooledPointwise(ChannelTiled pointwise, Average average, int groupTiles) implements Layer {

    @Override
    public String name() {
        return pointwise.name() + "+" + average.name();
    }

    @Override
    public int units() {
        return pointwise.tiling().channelTiles();
    }

    @Override
    public long macs() {
        return pointwise.macs() + average.macs();
    }

    @Override
    public int scratchLength() {
        // Leading channel tiles are the widest.
        int blocks = pointwise.tiling().firstBlock(Math.min(groupTiles, units()));
        return Math.multiplyExact(blocks, pointwise.shape().outputBlockStride());
    }

    @Override
    public void run(Kernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        Tiling tiling = pointwise.tiling();
        for (int tile = from; tile < to; tile += groupTiles) {
            int end = Math.min(to, tile + groupTiles);
            int block = tiling.firstBlock(tile);
            int map = scratch - block * pointwise.shape().outputBlockStride();
            pointwise.runInto(kernel, weights, activations, map, tiling.firstUnit(tile), tiling.firstUnit(end));
            average.runFrom(kernel, activations, map, block, tiling.firstBlock(end));
        }
    }
}
