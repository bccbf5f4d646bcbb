package dev.spindle.kernel;

/**
 * A fully connected layer: {@code bias + W x}, summed in the order of inputs.
 *
 * <p>Weights: per tile of v blocks {@code [inputs][v * c]}, starting at {@code weights + firstBlock * c * inputs}. Tiles
 * are {@code vectors} blocks wide as long as that many are left, then the largest power of two that is left. Bias: one
 * float per padded output. Input and output are plain vectors; the output has room for whole blocks. A unit is one tile.
 *
 * @param name the layer's name
 * @param inputs features, K
 * @param blocks output channel blocks
 * @param vectors blocks of a full tile, a power of two
 * @param weights offset of the packed kernel
 * @param bias offset of the bias
 * @param input offset of the features
 * @param output offset of the result
 * @param macs multiply-accumulates for one image
 */
public record Dense(
        String name, int inputs, int blocks, int vectors, int weights, int bias, int input, int output, long macs)
        implements Layer {

    @Override
    public int units() {
        return blocks / vectors + Integer.bitCount(blocks % vectors);
    }

    @Override
    public int panelEnd(int unit) {
        return unit + 1;
    }

    /** The first block of a tile; of {@link #units} itself, the number of blocks. */
    public int firstBlock(int unit) {
        int full = Math.min(unit, blocks / vectors);
        int first = full * vectors;
        for (int rest = blocks % vectors, left = unit - full; left > 0; left--) {
            int part = Integer.highestOneBit(rest);
            first += part;
            rest -= part;
        }
        return first;
    }

    @Override
    public void run(Kernel kernel, Memory weightMemory, Memory activations, int scratch, int from, int to) {
        kernel.dense(this, weightMemory, activations, from, to);
    }
}
