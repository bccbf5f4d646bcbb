package dev.spindle.kernel.vector;

import dev.spindle.kernel.Depthwise;

/**
 * The inner loops of one vector width, a register tile a call. Implemented by generated classes, one a width. Arrays:
 * {@code w} weights, {@code a} activations; every {@code int} that is no stride or count is an index into one of them.
 * Data layouts are those of the layers; c is {@link #lanes}.
 */
abstract class VectorTiles {

    /** One, but not to the compiler, which takes a field that is not final for what it may become. */
    static int opaqueOne = 1;

    private final int lanes;
    private final int rows1;
    private final int rows2;
    private final int rows3;

    VectorTiles(int lanes, int rows1, int rows2, int rows3) {
        this.lanes = lanes;
        this.rows1 = rows1;
        this.rows2 = rows2;
        this.rows3 = rows3;
    }

    final int lanes() {
        return lanes;
    }

    /** Most rows of a tile one vector wide. */
    final int rows1() {
        return rows1;
    }

    /** Most rows of a tile two vectors wide. */
    final int rows2() {
        return rows2;
    }

    /** Most rows of a tile three vectors wide. */
    final int rows3() {
        return rows3;
    }

    /**
     * {@code rows} pixels by {@code vectors} channel blocks of a 1x1 convolution.
     *
     * @param b holds the bias; -0 where it is still to come
     * @param r holds the residual; as many pixels of -0 with a block stride of 0 where there is none
     */
    abstract void pointwise(
            int rows, int vectors, float[] w, int weight, float[] b, int bias, int k, float[] a, int input, int output,
            int inputBlockStride, float[] r, int residual, int residualBlockStride, int outputBlockStride, int lowBits,
            int highBits);

    /** {@code rows} neighbouring outputs by {@code vectors} channel blocks of the stem. */
    abstract void stem(
            int rows, int vectors, float[] w, int weight, float[] b, int bias, int k, float[] a, int input, int output,
            int rowStride, int outputBlockStride, int lowBits, int highBits);

    /** Output rows of one channel block; {@code weight}, {@code bias}, {@code input}, {@code output} are that block's. */
    abstract void depthwise(
            Depthwise layer, float[] w, int weight, int bias, float[] a, int input, int output, int fromRow, int toRow);

    /** The mean of one channel block over {@code pixels}. */
    abstract void average(float[] a, int input, int pixels, int output);

    /** {@code vectors} blocks of a dense layer. */
    abstract void dense(int vectors, float[] w, int weight, int bias, int k, float[] a, int input, int output);

    static AssertionError noSuchTile(int rows, int vectors) {
        return new AssertionError("no tile of " + rows + " rows by " + vectors + " vectors: planned for another kernel?");
    }
}
