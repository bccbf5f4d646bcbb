package dev.spindle.kernel.vector;

import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FloatRequantisation;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.QuantisedDense;
import dev.spindle.kernel.QuantisedDepthwise;
import dev.spindle.kernel.QuantisedFusedBlock;
import dev.spindle.kernel.QuantisedGlobalAverage;
import dev.spindle.kernel.QuantisedKernel;
import dev.spindle.kernel.QuantisedPointwise;
import dev.spindle.kernel.QuantisedStem;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;

/**
 * Networks in integers on maps of floats, which are u - z: fused multiply-add of fp32 sums them up exactly as long as the
 * planner has proved that it can, with the register tiles of fp32, and what these leave is requantised while it is in the
 * first cache. Dense layers, whose weights are bytes, are summed up in integers. Other layers go to {@link WideSums}.
 */
final class VectorQuantisedKernel implements QuantisedKernel {

    /** Pixels, about, of a channel block that are computed before they are requantised. */
    private static final int CHUNK_PIXELS = 64;

    private final VectorKernel floats;
    private final VectorTiles tiles;
    private final VectorSteps steps;
    private final WideSums wide;

    VectorQuantisedKernel(VectorKernel floats, VectorTiles tiles, VectorSteps steps) {
        this.floats = floats;
        this.tiles = tiles;
        this.steps = steps;
        this.wide = new WideSums(tiles.lanes());
    }

    @Override
    public Layout layout() {
        return floats.layout();
    }

    @Override
    public void stem(QuantisedStem layer, Memory weights, Memory activations, int from, int to) {
        FloatRequantisation by = layer.requantisation().inFloat().orElse(null);
        if (by == null) {
            wide.stem(layer, weights.array(), activations.array(), from, to);
            return;
        }
        Stem shape = layer.shape();
        int row = shape.tiling().pixels();
        int blockStride = shape.outputHeight() * row * tiles.lanes();
        float[] a = activations.array();
        if (steps.simple(by, 0, shape.tiling().blocks()) != null) {
            floats.stem(shape, weights.array(), a, from, to, by);
            return;
        }
        for (int y = from; y < to; y++) {
            floats.stem(shape, weights.array(), a, y, y + 1, null);
            steps.requantise(
                    by, 0, shape.tiling().blocks(), a, shape.output() + y * row * tiles.lanes(), blockStride, row);
        }
    }

    @Override
    public void pointwise(QuantisedPointwise layer, Memory weights, Memory activations, int output, int from, int to) {
        FloatRequantisation by = layer.requantisation().inFloat().orElse(null);
        if (by == null) {
            wide.pointwise(layer, weights.array(), activations.array(), output, from, to);
            return;
        }
        Pointwise shape = layer.shape();
        Tiling tiling = shape.tiling();
        float[] a = activations.array();
        int c = tiles.lanes();
        int start = 0;
        for (int tile = 0; start < to; tile++) {
            int vectors = tiling.vectors(tile);
            int pixelTiles = tiling.pixelTiles(vectors);
            int last = Math.min(pixelTiles, to - start);
            int block = tiling.firstBlock(tile);
            FloatRequantisation simple = steps.simple(by, block, vectors);
            int step = simple != null ? pixelTiles : Math.max(1, CHUNK_PIXELS / tiling.rows(vectors));
            for (int p = Math.max(0, from - start); p < last; p += step) {
                int end = Math.min(last, p + step);
                floats.pixelTiles(shape, tile, p, end, weights.array(), a, output, VectorKernel.NONE, simple);
                int first = tiling.firstPixel(p, pixelTiles);
                int pixels = tiling.firstPixel(end, pixelTiles) - first;
                int place = block * shape.outputBlockStride() + first * c;
                if (simple == null) {
                    steps.requantise(by, block * c, vectors, a, output + place, shape.outputBlockStride(), pixels);
                }
                steps.addResidual(layer, a, place, vectors, pixels);
            }
            start += pixelTiles;
        }
    }

    @Override
    public void depthwise(QuantisedDepthwise layer, Memory weights, Memory activations, int from, int to) {
        FloatRequantisation by = layer.requantisation().inFloat().orElse(null);
        if (by == null) {
            wide.depthwise(layer, weights.array(), activations.array(), from, to);
            return;
        }
        Depthwise shape = layer.shape();
        int c = tiles.lanes();
        int rows = shape.outputHeight();
        float[] a = activations.array();
        for (int unit = from; unit < to; ) {
            int block = unit / rows;
            int row = unit - block * rows;
            FloatRequantisation simple = steps.simple(by, block, 1);
            int step = simple != null ? rows : Math.max(1, CHUNK_PIXELS / shape.outputWidth());
            int count = Math.min(step, Math.min(rows - row, to - unit));
            floats.depthwise(shape, weights.array(), a, unit, unit + count, simple);
            if (simple == null) {
                steps.requantise(
                        by, block * c, 1, a,
                        shape.output() + block * shape.outputBlockStride() + row * shape.outputWidth() * c, 0,
                        count * shape.outputWidth());
            }
            unit += count;
        }
    }

    @Override
    public void fusedBlock(
            QuantisedFusedBlock layer, Memory weights, Memory activations, int scratch, int from, int to) {
        floats.fusion().run(layer.shape(), layer, weights.array(), activations.array(), scratch, from, to);
    }

    @Override
    public void globalAverage(QuantisedGlobalAverage layer, Memory activations, int place, int from, int to) {
        FloatRequantisation by = layer.inFloat().orElse(null);
        float[] a = activations.array();
        if (by == null) {
            wide.globalAverage(layer, a, place, from, to);
            return;
        }
        GlobalAverage shape = layer.shape();
        int c = tiles.lanes();
        for (int block = from; block < to; block++) {
            tiles.average(a, place + block * shape.pixels() * c, shape.pixels(), 1, shape.output() + block * c);
        }
        steps.requantise(by, 0, 1, a, shape.output() + from * c, 0, to - from);
    }

    @Override
    public void dense(QuantisedDense layer, Memory weights, Memory activations, int from, int to) {
        FloatRequantisation by = layer.requantisation().inFloat().orElse(null);
        if (by == null) {
            wide.dense(layer, weights.array(), activations.array(), from, to);
            return;
        }
        Dense shape = layer.shape();
        int c = tiles.lanes();
        for (int unit = from; unit < to; unit++) {
            int block = shape.firstBlock(unit);
            int vectors = shape.firstBlock(unit + 1) - block;
            int groups = Math.ceilDiv(shape.inputs(), QuantisedDense.GROUP);
            int output = shape.output() + block * c;
            steps.denseBytes(
                    vectors, weights.array(), shape.weights() + block * c * groups, shape.bias() + block * c,
                    shape.bias() + (shape.blocks() + block) * c, shape.inputs(), activations.array(), shape.input(), output,
                    QuantisedDense.centre(layer.input()));
            steps.requantise(by, block * c, vectors, activations.array(), output, c, 1);
        }
    }
}
