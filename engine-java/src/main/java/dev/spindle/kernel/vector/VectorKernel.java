package dev.spindle.kernel.vector;

import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.HeapSoftmax;
import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Softmax;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import java.util.Arrays;

/** The loops around the register tiles, the same for every width: channel tiles outside, pixel tiles inside. */
final class VectorKernel implements Kernel {

    /** Blocks of a dense tile: enough independent sums to hide the latency of the additions. */
    private static final int DENSE_VECTORS = 8;

    /** Blocks of the widest matrix tile. */
    private static final int WIDEST_TILE = 3;

    private final String name;
    private final VectorTiles tiles;
    private final Layout layout;
    /** Stands in for the residual or the bias where there is none: -0, to which any float adds without a change. */
    private final float[] neutral;
    private final VectorFusion fusion;

    VectorKernel(String name, VectorTiles tiles) {
        this.name = name;
        this.tiles = tiles;
        this.layout = new Layout(
                tiles.lanes(), Memory.Kind.HEAP, tiles.rows1(), tiles.rows2(), tiles.rows3(), DENSE_VECTORS, true);
        int pixels = Math.max(WIDEST_TILE, Math.max(tiles.rows1(), Math.max(tiles.rows2(), tiles.rows3())));
        this.neutral = new float[pixels * tiles.lanes()];
        Arrays.fill(neutral, -0f);
        this.fusion = new VectorFusion(tiles, neutral);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Layout layout() {
        return layout;
    }

    @Override
    public void stem(Stem layer, Memory weights, Memory activations, int from, int to) {
        float[] w = weights.array();
        float[] a = activations.array();
        Tiling tiling = layer.tiling();
        int c = layout.channelBlock();
        int outputBlockStride = layer.outputHeight() * tiling.pixels() * c;
        int channelTiles = tiling.channelTiles();
        for (int y = from; y < to; y++) {
            int input = layer.input() + 2 * y * layer.rowStride();
            int output = layer.output() + y * tiling.pixels() * c;
            for (int tile = 0; tile < channelTiles; tile++) {
                int vectors = tiling.vectors(tile);
                int channel = tiling.firstBlock(tile) * c;
                int weight = layer.weights() + channel * Stem.K;
                int blockOutput = output + tiling.firstBlock(tile) * outputBlockStride;
                int pixelTiles = tiling.pixelTiles(vectors);
                for (int p = 0; p < pixelTiles; p++) {
                    int first = tiling.firstPixel(p, pixelTiles);
                    tiles.stem(
                            tiling.firstPixel(p + 1, pixelTiles) - first, vectors, w, weight, w, layer.bias() + channel,
                            Stem.K, a, input + first * Stem.PIXEL_STRIDE, blockOutput + first * c, layer.rowStride(),
                            outputBlockStride, layer.low(), layer.high());
                }
            }
        }
    }

    @Override
    public void pointwise(Pointwise layer, Memory weights, Memory activations, int from, int to) {
        float[] w = weights.array();
        float[] a = activations.array();
        Tiling tiling = layer.tiling();
        int c = layout.channelBlock();
        boolean adds = layer.residual() >= 0;
        float[] r = adds ? a : neutral;
        int residualBlockStride = adds ? layer.outputBlockStride() : 0;
        int start = 0;
        for (int tile = 0; start < to; tile++) {
            int vectors = tiling.vectors(tile);
            int pixelTiles = tiling.pixelTiles(vectors);
            int last = Math.min(pixelTiles, to - start);
            int block = tiling.firstBlock(tile);
            int weight = layer.weights() + block * c * layer.inputs();
            int output = layer.output() + block * layer.outputBlockStride();
            int residual = layer.residual() + block * residualBlockStride;
            for (int p = Math.max(0, from - start); p < last; p++) {
                int first = tiling.firstPixel(p, pixelTiles);
                tiles.pointwise(
                        tiling.firstPixel(p + 1, pixelTiles) - first, vectors, w, weight, w, layer.bias() + block * c,
                        layer.inputs(), a, layer.input() + first * c, output + first * c, layer.inputBlockStride(), r,
                        adds ? residual + first * c : 0, residualBlockStride, layer.outputBlockStride(), layer.low(),
                        layer.high());
            }
            start += pixelTiles;
        }
    }

    @Override
    public void depthwise(Depthwise layer, Memory weights, Memory activations, int from, int to) {
        int c = layout.channelBlock();
        int rows = layer.outputHeight();
        for (int unit = from; unit < to; ) {
            int block = unit / rows;
            int fromRow = unit - block * rows;
            int toRow = Math.min(rows, fromRow + to - unit);
            tiles.depthwise(
                    layer, weights.array(), layer.weights() + block * Depthwise.TAPS * c, layer.bias() + block * c,
                    activations.array(), layer.input() + block * layer.inputBlockStride(),
                    layer.output() + block * layer.outputBlockStride(), fromRow, toRow);
            unit += toRow - fromRow;
        }
    }

    @Override
    public void fusedBlock(FusedBlock layer, Memory weights, Memory activations, int scratch, int from, int to) {
        fusion.run(layer, weights.array(), activations.array(), scratch, from, to);
    }

    @Override
    public void globalAverage(GlobalAverage layer, Memory activations, int from, int to) {
        int c = layout.channelBlock();
        for (int block = from; block < to; block++) {
            tiles.average(
                    activations.array(), layer.input() + block * layer.pixels() * c, layer.pixels(),
                    layer.output() + block * c);
        }
    }

    @Override
    public void dense(Dense layer, Memory weights, Memory activations, int from, int to) {
        int c = layout.channelBlock();
        for (int unit = from; unit < to; unit++) {
            int block = layer.firstBlock(unit);
            tiles.dense(
                    layer.firstBlock(unit + 1) - block, weights.array(), layer.weights() + block * c * layer.inputs(),
                    layer.bias() + block * c, layer.inputs(), activations.array(), layer.input(),
                    layer.output() + block * c);
        }
    }

    @Override
    public void softmax(Softmax layer, Memory activations) {
        HeapSoftmax.run(layer, activations.array());
    }
}
