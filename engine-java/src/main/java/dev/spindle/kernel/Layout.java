package dev.spindle.kernel;

import java.util.Objects;

/**
 * What a kernel wants its data to look like.
 *
 * <p>A matrix tile is {@code rows} pixels by {@code vectors} channel blocks of accumulators that live in registers.
 * Output channels are cut into tiles of three, two or one block by {@link #triples}; for each of them pixels are
 * cut evenly into the fewest tiles of at most {@link Tiling#rows} pixels.
 *
 * @param channelBlock elements a channel block, a power of two: the lanes of a vector, or 1
 * @param memory where weights and activations live
 * @param maps the elements of activations
 * @param weights the elements of packed weights
 * @param rows1 most rows of a tile one channel block wide
 * @param rows2 most rows of a tile two channel blocks wide
 * @param rows3 most rows of a tile three channel blocks wide; 0 where the kernel has none
 * @param denseVectors most channel blocks of a dense tile, a power of two
 * @param fuses whether the kernel computes {@link FusedBlock}s, or {@link QuantisedFusedBlock}s
 */
public record Layout(
        int channelBlock,
        Memory.Kind memory,
        Memory.Element maps,
        Memory.Element weights,
        int rows1,
        int rows2,
        int rows3,
        int denseVectors,
        boolean fuses) {

    /** Checks the fields. */
    public Layout {
        Objects.requireNonNull(memory, "memory");
        Objects.requireNonNull(maps, "maps");
        Objects.requireNonNull(weights, "weights");
        if (Integer.bitCount(channelBlock) != 1 || Integer.bitCount(denseVectors) != 1) {
            throw new IllegalArgumentException("channel block " + channelBlock + " and dense tile of " + denseVectors
                    + " vectors, expected powers of two");
        }
        if (rows1 < 1 || rows2 < 1 || rows3 < 0) {
            throw new IllegalArgumentException("tiles of " + rows1 + ", " + rows2 + " and " + rows3 + " rows");
        }
    }

    /** Weights and activations of fp32. */
    public Layout(
            int channelBlock, Memory.Kind memory, int rows1, int rows2, int rows3, int denseVectors, boolean fuses) {
        this(
                channelBlock, memory, Memory.Element.FLOAT, Memory.Element.FLOAT, rows1, rows2, rows3, denseVectors, fuses);
    }

    /** Whether quantised maps hold u - z instead of the byte u: all that are not of bytes do. */
    public boolean isCentred() {
        return maps != Memory.Element.BYTE;
    }

    /** Memory for {@code length} elements of activations behind {@link #origin}. */
    public Memory allocate(int length) {
        return Memory.allocate(memory, maps, length);
    }

    /** The first index of activations to use. */
    public int origin() {
        return Memory.origin(memory, maps);
    }

    /** Channel blocks that hold {@code channels} channels. */
    public int blocks(int channels) {
        return (channels + channelBlock - 1) / channelBlock;
    }

    /** {@code channels} rounded up to whole blocks. */
    public int padded(int channels) {
        return blocks(channels) * channelBlock;
    }

    /**
     * How a layer's output channel blocks are cut into tiles: first {@code triples} tiles of three blocks, then tiles
     * of two; a single block is a tile of one. An odd count that three divides is cut in threes altogether, any other
     * odd count starts with one three.
     *
     * @param blocks output channel blocks, at least 1
     * @return the number of tiles that are three blocks wide; where the kernel has none and the count is odd, the last
     *     tile is one wide
     */
    public int triples(int blocks) {
        if (rows3 == 0 || blocks % 2 == 0 || blocks == 1) {
            return 0;
        }
        return blocks % 3 == 0 ? blocks / 3 : 1;
    }
}
