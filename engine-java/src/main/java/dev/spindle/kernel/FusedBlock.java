package dev.spindle.kernel;

import java.util.Optional;

/**
 * A block of up to three convolutions whose wide middle never stands in memory as a whole (MobileNetV2 paper, section
 * 5.1): a first convolution (the stem, an expansion, or none), the depthwise one, the projection.
 *
 * <p>A thread takes a run of output rows. For one group of hidden channels after the other it walks down these rows, a few
 * at a time: computes the rows of the first convolution that the depthwise one needs, keeping those that the step before
 * left, then the depthwise rows, and adds their share to the projection's sums, which wait in the output. The order of
 * every sum is that of the three layers run one by one, and so are its bits.
 *
 * <p>The three layers are planned as if they ran alone, but the hidden maps have no offsets of their own: rows of them
 * stand in the calling thread's scratch. There the map that the depthwise convolution reads comes first, as
 * {@code [blocks of a group][bufferRows][width][c]}, then the one that it writes, as
 * {@code [blocks of a group][stepRows][outputWidth][c]}. Without a first convolution, {@code depthwise.input()} is the
 * block's input as usual. A unit is one output row.
 *
 * @param name the block's name
 * @param stem the first convolution if it is the stem
 * @param expand the first convolution if it is an expansion
 * @param depthwise the depthwise convolution
 * @param project the projection
 * @param hidden how hidden channels are cut into channel tiles: the tiling of the first convolution if there is one
 * @param groupTiles channel tiles of a group
 * @param stepRows output rows of a step
 * @param channelBlock floats a channel block
 */
public record FusedBlock(
        String name,
        Optional<Stem> stem,
        Optional<Pointwise> expand,
        Depthwise depthwise,
        Pointwise project,
        Tiling hidden,
        int groupTiles,
        int stepRows,
        int channelBlock)
        implements Layer {

    /** Whether rows of the hidden map are computed on the way. */
    public boolean hasFirst() {
        return stem.isPresent() || expand.isPresent();
    }

    /** Groups of hidden channels. */
    public int groups() {
        return (hidden.channelTiles() + groupTiles - 1) / groupTiles;
    }

    /** The first channel tile of a group; of {@link #groups} itself, the number of tiles. */
    public int firstTile(int group) {
        return Math.min(hidden.channelTiles(), group * groupTiles);
    }

    /** The first hidden channel block of a group; of {@link #groups} itself, the number of blocks. */
    public int firstBlock(int group) {
        return hidden.firstBlock(firstTile(group));
    }

    /** Rows of the hidden map that one step can need. */
    public int bufferRows() {
        return (stepRows - 1) * depthwise.stride() + 2 * depthwise.dilation() + 1;
    }

    /** Floats between channel blocks of the buffered rows. */
    public int bufferBlockStride() {
        return bufferRows() * depthwise.width() * channelBlock;
    }

    /** Floats between channel blocks of the depthwise result. */
    public int filteredBlockStride() {
        return stepRows * depthwise.outputWidth() * channelBlock;
    }

    /** Where the depthwise result stands in the scratch, behind the buffered rows. */
    public int filteredOffset() {
        return hasFirst() ? widestGroup() * bufferBlockStride() : 0;
    }

    private int widestGroup() {
        int widest = 0;
        for (int group = 0; group < groups(); group++) {
            widest = Math.max(widest, firstBlock(group + 1) - firstBlock(group));
        }
        return widest;
    }

    @Override
    public int scratchLength() {
        return Math.toIntExact(filteredOffset() + (long) widestGroup() * filteredBlockStride());
    }

    @Override
    public int units() {
        return depthwise.outputHeight();
    }

    @Override
    public long macs() {
        return stem.map(Stem::macs).orElse(0L) + expand.map(Pointwise::macs).orElse(0L) + depthwise.macs() + project.macs();
    }

    @Override
    public void run(Kernel kernel, Memory weightMemory, Memory activations, int scratch, int from, int to) {
        kernel.fusedBlock(this, weightMemory, activations, scratch, from, to);
    }
}
