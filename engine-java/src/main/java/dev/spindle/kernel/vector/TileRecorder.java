package dev.spindle.kernel.vector;

import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FloatRequantisation;

/** Computes nothing, but keeps which methods are called, and how. */
final class TileRecorder extends VectorTiles {

    private final VectorTiles tiles;
    private final Rehearsals recorded;
    private final ConvolutionRecorder clamping;

    TileRecorder(VectorTiles tiles, Rehearsals recorded) {
        super(tiles.lanes(), tiles.rows1(), tiles.rows2(), tiles.rows3());
        this.tiles = tiles;
        this.recorded = recorded;
        this.clamping = new ConvolutionRecorder(tiles, recorded);
    }

    @Override
    ConvolutionTiles finishing(FloatRequantisation by) {
        return by == null ? this : new ConvolutionRecorder(tiles.finishing(by), recorded);
    }

    @Override
    void pointwise(
            int rows, int vectors, float[] w, int weight, float[] b, int bias, int k, float[] a, int input, int output,
            int inputBlockStride, int outputBlockStride, int lowBits, int highBits, FloatRequantisation by, int channel) {
        clamping.pointwise(
                rows, vectors, w, weight, b, bias, k, a, input, output, inputBlockStride, outputBlockStride, lowBits, highBits,
                by, channel);
    }

    @Override
    void addingPointwise(
            int rows, int vectors, float[] w, int weight, float[] b, int bias, int k, float[] a, int input, int output,
            int inputBlockStride, int residual, int outputBlockStride, int lowBits, int highBits) {
        recorded.add(
                tiles, "addingPointwise", rows, vectors, k, rows * vectors,
                few -> tiles.addingPointwise(
                        rows, vectors, w, weight, b, bias, few, a, input, output, inputBlockStride, residual,
                        outputBlockStride, lowBits, highBits));
    }

    @Override
    void stem(
            int rows, int vectors, float[] w, int weight, float[] b, int bias, int k, float[] a, int input, int output,
            int rowStride, int outputBlockStride, int lowBits, int highBits, FloatRequantisation by, int channel) {
        clamping.stem(
                rows, vectors, w, weight, b, bias, k, a, input, output, rowStride, outputBlockStride, lowBits, highBits, by,
                channel);
    }

    @Override
    void depthwise(
            Depthwise layer, float[] w, int weight, int bias, float[] a, int input, int output, int fromRow, int toRow,
            FloatRequantisation by, int channel) {
        clamping.depthwise(layer, w, weight, bias, a, input, output, fromRow, toRow, by, channel);
    }

    @Override
    void average(float[] a, int input, int pixels, float factor, int output) {
        recorded.add(tiles, "average", 0, 0, pixels, 1, few -> tiles.average(a, input, few, factor, output));
    }

    @Override
    void dense(int vectors, float[] w, int weight, int bias, int k, float[] a, int input, int output) {
        recorded.add(
                tiles, "dense", 1, vectors, k, vectors, few -> tiles.dense(vectors, w, weight, bias, few, a, input, output));
    }
}
