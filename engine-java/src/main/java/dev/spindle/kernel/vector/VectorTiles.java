package dev.spindle.kernel.vector;

import dev.spindle.kernel.FloatRequantisation;

/** All inner loops of one vector width in fp32. Implemented by generated classes, one a width. */
abstract class VectorTiles extends ConvolutionTiles {

    /** One, but not to the compiler, which takes a field that is not final for what it may become. */
    static int opaqueOne = 1;

    private final int rows1;
    private final int rows2;
    private final int rows3;

    VectorTiles(int lanes, int rows1, int rows2, int rows3) {
        super(lanes);
        this.rows1 = rows1;
        this.rows2 = rows2;
        this.rows3 = rows3;
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

    /** Those of the convolutions that make steps by {@code by}, or these where it is null. */
    abstract ConvolutionTiles finishing(FloatRequantisation by);

    /** The same as {@link #pointwise} in fp32 on top of a residual that is laid out as the output. */
    abstract void addingPointwise(
            int rows, int vectors, float[] w, int weight, float[] b, int bias, int k, float[] a, int input, int output,
            int inputBlockStride, int residual, int outputBlockStride, int lowBits, int highBits);

    /** {@code factor} times the sum of one channel block over {@code pixels}. */
    abstract void average(float[] a, int input, int pixels, float factor, int output);

    /** {@code vectors} blocks of a dense layer. */
    abstract void dense(int vectors, float[] w, int weight, int bias, int k, float[] a, int input, int output);

    static AssertionError noSuchTile(int rows, int vectors) {
        return new AssertionError("no tile of " + rows + " rows by " + vectors + " vectors: planned for another kernel?");
    }
}
