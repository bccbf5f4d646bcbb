package dev.spindle.kernel.vector;

import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FloatRequantisation;

/** Computes nothing, but keeps which methods are called, and how. */
final class ConvolutionRecorder extends ConvolutionTiles {

    /** About what a pixel of a depthwise convolution takes in multiply-adds: there are few of them for each load. */
    private static final int OPERATIONS = 14;

    private final ConvolutionTiles tiles;
    private final Rehearsals recorded;

    ConvolutionRecorder(ConvolutionTiles tiles, Rehearsals recorded) {
        super(tiles.lanes());
        this.tiles = tiles;
        this.recorded = recorded;
    }

    @Override
    void pointwise(
            int rows, int vectors, float[] w, int weight, float[] b, int bias, int k, float[] a, int input, int output,
            int inputBlockStride, int outputBlockStride, int lowBits, int highBits, FloatRequantisation by, int channel) {
        recorded.add(
                tiles, "pointwise", rows, vectors, k, rows * vectors,
                few -> tiles.pointwise(
                        rows, vectors, w, weight, b, bias, few, a, input, output, inputBlockStride, outputBlockStride, lowBits,
                        highBits, by, channel));
    }

    @Override
    void stem(
            int rows, int vectors, float[] w, int weight, float[] b, int bias, int k, float[] a, int input, int output,
            int rowStride, int outputBlockStride, int lowBits, int highBits, FloatRequantisation by, int channel) {
        recorded.add(
                tiles, "stem", rows, vectors, k, rows * vectors,
                few -> tiles.stem(
                        rows, vectors, w, weight, b, bias, few, a, input, output, rowStride, outputBlockStride, lowBits,
                        highBits, by, channel));
    }

    @Override
    void depthwise(
            Depthwise layer, float[] w, int weight, int bias, float[] a, int input, int output, int fromRow, int toRow,
            FloatRequantisation by, int channel) {
        recorded.addRows(
                tiles, layer.tiles(4) ? "depthwise" : "depthwiseAny", layer.stride(), layer.dilation(),
                OPERATIONS * layer.outputWidth(), fromRow, toRow, toRow == layer.outputHeight(),
                row -> tiles.depthwise(layer, w, weight, bias, a, input, output, row, row + 1, by, channel));
    }
}
