package dev.spindle.kernel.vector;

import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FloatRequantisation;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.HeapSoftmax;
import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.QuantisedKernel;
import dev.spindle.kernel.Rehearsal;
import dev.spindle.kernel.Softmax;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The loops around the register tiles, the same for every width: channel tiles outside, pixel tiles inside. */
final class VectorKernel implements Kernel {

    /** Blocks of a dense tile: enough independent sums to hide the latency of the additions. */
    private static final int DENSE_VECTORS = 8;

    /** In place of the offset of a residual where there is none. */
    static final int NONE = -1;

    private final String name;
    private final VectorTiles tiles;
    private final VectorSteps steps;
    private final Layout layout;
    private final VectorFusion fusion;
    private final QuantisedKernel quantised;

    VectorKernel(String name, VectorTiles tiles, VectorSteps steps) {
        this.name = name;
        this.tiles = tiles;
        this.steps = steps;
        this.layout = new Layout(
                tiles.lanes(), Memory.Kind.HEAP, tiles.rows1(), tiles.rows2(), tiles.rows3(), DENSE_VECTORS, true);
        this.fusion = new VectorFusion(tiles, steps);
        this.quantised = new VectorQuantisedKernel(this, tiles, steps);
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
    public Optional<QuantisedKernel> quantised() {
        return Optional.of(quantised);
    }

    @Override
    public List<Rehearsal> rehearsals(Consumer<Kernel> run) {
        Rehearsals recorded = new Rehearsals();
        run.accept(new VectorKernel(name, new TileRecorder(tiles, recorded), new StepRecorder(steps, recorded)));
        return recorded.all();
    }

    VectorFusion fusion() {
        return fusion;
    }

    @Override
    public void stem(Stem layer, Memory weights, Memory activations, int from, int to) {
        stem(layer, weights.array(), activations.array(), from, to, null);
    }

    /** Rows of the stem, as steps by {@code by} or, where it is null, clamped. */
    void stem(Stem layer, float[] w, float[] a, int from, int to, FloatRequantisation by) {
        ConvolutionTiles convolution = tiles.finishing(by);
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
                    convolution.stem(
                            tiling.firstPixel(p + 1, pixelTiles) - first, vectors, w, weight, w, layer.bias() + channel,
                            Stem.K, a, input + first * Stem.PIXEL_STRIDE, blockOutput + first * c, layer.rowStride(),
                            outputBlockStride, layer.low(), layer.high(), by, channel);
                }
            }
        }
    }

    @Override
    public void pointwise(Pointwise layer, Memory weights, Memory activations, int output, int from, int to) {
        Tiling tiling = layer.tiling();
        int start = 0;
        for (int tile = 0; start < to; tile++) {
            int pixelTiles = tiling.pixelTiles(tiling.vectors(tile));
            pixelTiles(
                    layer, tile, Math.max(0, from - start), Math.min(pixelTiles, to - start), weights.array(),
                    activations.array(), output, layer.residual(), null);
            start += pixelTiles;
        }
    }

    /**
     * Pixel tiles {@code from} to {@code to} of a channel tile.
     *
     * @param place where the layer's first channel block would stand
     * @param residual its offset, or {@link #NONE}, as it is where steps are made
     * @param by makes steps; null where sums are clamped
     */
    void pixelTiles(
            Pointwise layer, int tile, int from, int to, float[] w, float[] a, int place, int residual,
            FloatRequantisation by) {
        ConvolutionTiles convolution = tiles.finishing(by);
        Tiling tiling = layer.tiling();
        int c = layout.channelBlock();
        int vectors = tiling.vectors(tile);
        int pixelTiles = tiling.pixelTiles(vectors);
        int block = tiling.firstBlock(tile);
        int weight = layer.weights() + block * c * layer.inputs();
        int bias = layer.bias() + block * c;
        for (int p = from; p < to; p++) {
            int first = tiling.firstPixel(p, pixelTiles);
            int rows = tiling.firstPixel(p + 1, pixelTiles) - first;
            int input = layer.input() + first * c;
            int within = block * layer.outputBlockStride() + first * c;
            if (residual == NONE) {
                convolution.pointwise(
                        rows, vectors, w, weight, w, bias, layer.inputs(), a, input, place + within,
                        layer.inputBlockStride(), layer.outputBlockStride(), layer.low(), layer.high(), by, block * c);
            } else {
                tiles.addingPointwise(
                        rows, vectors, w, weight, w, bias, layer.inputs(), a, input, place + within,
                        layer.inputBlockStride(), residual + within, layer.outputBlockStride(), layer.low(), layer.high());
            }
        }
    }

    @Override
    public void depthwise(Depthwise layer, Memory weights, Memory activations, int from, int to) {
        depthwise(layer, weights.array(), activations.array(), from, to, null);
    }

    /** Rows of a depthwise convolution, as steps by {@code by} or, where it is null, clamped. */
    void depthwise(Depthwise layer, float[] w, float[] a, int from, int to, FloatRequantisation by) {
        ConvolutionTiles convolution = tiles.finishing(by);
        int c = layout.channelBlock();
        int rows = layer.outputHeight();
        for (int unit = from; unit < to; ) {
            int block = unit / rows;
            int fromRow = unit - block * rows;
            int toRow = Math.min(rows, fromRow + to - unit);
            convolution.depthwise(
                    layer, w, layer.weights() + block * Depthwise.TAPS * c, layer.bias() + block * c, a,
                    layer.input() + block * layer.inputBlockStride(), layer.output() + block * layer.outputBlockStride(),
                    fromRow, toRow, by, block * c);
            unit += toRow - fromRow;
        }
    }

    @Override
    public void fusedBlock(FusedBlock layer, Memory weights, Memory activations, int scratch, int from, int to) {
        fusion.run(layer, null, weights.array(), activations.array(), scratch, from, to);
    }

    @Override
    public void globalAverage(GlobalAverage layer, Memory activations, int input, int from, int to) {
        int c = layout.channelBlock();
        for (int block = from; block < to; block++) {
            tiles.average(
                    activations.array(), input + block * layer.pixels() * c, layer.pixels(),
                    1f / layer.pixels(), layer.output() + block * c);
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
