package dev.spindle.kernel.vector;

import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FloatRequantisation;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.QuantisedFusedBlock;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import java.util.Arrays;

/**
 * Walks down the rows of a fused block, one group of hidden channels after the other; the arithmetic is that of the
 * register tiles which the layers use when they run alone.
 */
final class VectorFusion {

    /** Blocks of the widest matrix tile. */
    private static final int WIDEST_TILE = 3;

    private final VectorTiles tiles;
    private final VectorSteps steps;
    /** Stands in for the bias where it is still to come: -0, to which any float adds without a change. */
    private final float[] neutral;

    VectorFusion(VectorTiles tiles, VectorSteps steps) {
        this.tiles = tiles;
        this.steps = steps;
        this.neutral = new float[WIDEST_TILE * tiles.lanes()];
        Arrays.fill(neutral, -0f);
    }

    /**
     * Output rows {@code from} to {@code to}; {@code scratch} belongs to the calling thread.
     *
     * @param integers the layers in integers, whose sums are requantised in place; null in fp32
     */
    void run(FusedBlock block, QuantisedFusedBlock integers, float[] w, float[] a, int scratch, int from, int to) {
        Depthwise depthwise = block.depthwise();
        int rowFloats = depthwise.width() * tiles.lanes();
        for (int group = 0; group < block.groups(); group++) {
            int buffered = 0;
            int bufferedTo = 0;
            for (int row = from; row < to; row += block.stepRows()) {
                int end = Math.min(to, row + block.stepRows());
                int input = depthwise.input() + block.firstBlock(group) * depthwise.inputBlockStride();
                int inputBlockStride = depthwise.inputBlockStride();
                if (block.hasFirst()) {
                    int top = row * depthwise.stride() - depthwise.padTop();
                    int bottom = (end - 1) * depthwise.stride() - depthwise.padTop() + 2 * depthwise.dilation() + 1;
                    bottom = Math.min(depthwise.height(), bottom);
                    top = Math.min(Math.max(0, top), bottom);
                    int kept = Math.max(0, bufferedTo - top);
                    inputBlockStride = block.bufferBlockStride();
                    keep(block, group, a, scratch, (top - buffered) * rowFloats, kept * rowFloats);
                    first(block, integers, group, w, a, scratch + kept * rowFloats, top + kept, bottom);
                    buffered = top;
                    bufferedTo = bottom;
                    input = scratch - top * rowFloats;
                }
                filter(block, integers, group, w, a, input, inputBlockStride, scratch + block.filteredOffset(), row, end);
                project(block, integers, group, w, a, scratch + block.filteredOffset(), row, end);
            }
        }
    }

    /** Moves the rows that the next step needs again to the front of the buffer. */
    private static void keep(FusedBlock block, int group, float[] a, int buffer, int skip, int floats) {
        if (skip > 0 && floats > 0) {
            int blocks = block.firstBlock(group + 1) - block.firstBlock(group);
            for (int b = 0; b < blocks; b++) {
                int to = buffer + b * block.bufferBlockStride();
                System.arraycopy(a, to + skip, a, to, floats);
            }
        }
    }

    /** Rows {@code from} to {@code to} of the hidden map into the buffer. */
    private void first(
            FusedBlock block, QuantisedFusedBlock integers, int group, float[] w, float[] a, int buffer, int from, int to) {
        if (from >= to) {
            return;
        }
        FloatRequantisation by = integers == null ? null : integers.first().inFloat().orElseThrow();
        for (int tile = block.firstTile(group); tile < block.firstTile(group + 1); tile++) {
            int firstBlock = block.hidden().firstBlock(tile);
            int vectors = block.hidden().vectors(tile);
            int output = buffer + (firstBlock - block.firstBlock(group)) * block.bufferBlockStride();
            FloatRequantisation simple = steps.simple(by, firstBlock, vectors);
            if (block.expand().isPresent()) {
                expand(block, tile, w, a, output, from, to, simple);
            } else {
                stem(block, tile, w, a, output, from, to, simple);
            }
            if (simple != by) {
                steps.requantise(
                        by, firstBlock * tiles.lanes(), vectors, a, output, block.bufferBlockStride(),
                        (to - from) * block.depthwise().width());
            }
        }
    }

    private void expand(
            FusedBlock block, int tile, float[] w, float[] a, int output, int from, int to, FloatRequantisation by) {
        Pointwise expand = block.expand().orElseThrow();
        Tiling tiling = expand.tiling();
        int c = tiles.lanes();
        int vectors = tiling.vectors(tile);
        int channel = tiling.firstBlock(tile) * c;
        int width = block.depthwise().width();
        int pixels = (to - from) * width;
        int input = expand.input() + from * width * c;
        int count = Tiling.tiles(pixels, tiling.rows(vectors));
        for (int p = 0; p < count; p++) {
            int first = Tiling.first(p, count, pixels);
            tiles.finishing(by).pointwise(
                    Tiling.first(p + 1, count, pixels) - first, vectors, w, expand.weights() + channel * expand.inputs(), w,
                    expand.bias() + channel, expand.inputs(), a, input + first * c, output + first * c,
                    expand.inputBlockStride(), block.bufferBlockStride(), expand.low(), expand.high(), by, channel);
        }
    }

    private void stem(
            FusedBlock block, int tile, float[] w, float[] a, int output, int from, int to, FloatRequantisation by) {
        Stem stem = block.stem().orElseThrow();
        Tiling tiling = stem.tiling();
        int c = tiles.lanes();
        int vectors = tiling.vectors(tile);
        int channel = tiling.firstBlock(tile) * c;
        int count = tiling.pixelTiles(vectors);
        for (int y = from; y < to; y++) {
            int input = stem.input() + 2 * y * stem.rowStride();
            int rowOutput = output + (y - from) * tiling.pixels() * c;
            for (int p = 0; p < count; p++) {
                int first = tiling.firstPixel(p, count);
                tiles.finishing(by).stem(
                        tiling.firstPixel(p + 1, count) - first, vectors, w, stem.weights() + channel * Stem.K, w,
                        stem.bias() + channel, Stem.K, a, input + first * Stem.PIXEL_STRIDE, rowOutput + first * c,
                        stem.rowStride(), block.bufferBlockStride(), stem.low(), stem.high(), by, channel);
            }
        }
    }

    /** Depthwise rows; {@code input} is where row 0 of the map would stand. */
    private void filter(
            FusedBlock block, QuantisedFusedBlock integers, int group, float[] w, float[] a, int input,
            int inputBlockStride, int output, int from, int to) {
        Depthwise depthwise = block.depthwise();
        int c = tiles.lanes();
        int firstBlock = block.firstBlock(group);
        int rowFloats = depthwise.outputWidth() * c;
        FloatRequantisation by =
                integers == null ? null : integers.depthwise().requantisation().inFloat().orElseThrow();
        for (int b = 0; b < block.firstBlock(group + 1) - firstBlock; b++) {
            int channel = (firstBlock + b) * c;
            int rows = output + b * block.filteredBlockStride();
            FloatRequantisation simple = steps.simple(by, firstBlock + b, 1);
            tiles.finishing(simple).depthwise(
                    depthwise, w, depthwise.weights() + channel * Depthwise.TAPS, depthwise.bias() + channel, a,
                    input + b * inputBlockStride, rows - from * rowFloats, from, to, simple, channel);
            if (simple != by) {
                steps.requantise(by, channel, 1, a, rows, 0, (to - from) * depthwise.outputWidth());
            }
        }
    }

    /** Adds the group's share to the sums of rows {@code from} to {@code to}, which stand in the output. */
    private void project(
            FusedBlock block, QuantisedFusedBlock integers, int group, float[] w, float[] a, int filtered, int from, int to) {
        Pointwise project = block.project();
        Tiling tiling = project.tiling();
        int c = tiles.lanes();
        int firstInput = block.firstBlock(group) * c;
        int k = Math.min(project.inputs(), block.firstBlock(group + 1) * c) - firstInput;
        boolean starts = group == 0;
        boolean ends = group == block.groups() - 1;
        int low = ends ? project.low() : Integer.MIN_VALUE;
        int high = ends ? project.high() : Integer.MAX_VALUE;
        float[] biases = ends ? w : neutral;
        boolean adds = !starts || integers == null && project.residual() >= 0;
        int width = block.depthwise().outputWidth();
        int pixels = (to - from) * width;
        int channelTiles = tiling.channelTiles();
        for (int tile = 0; tile < channelTiles; tile++) {
            int vectors = tiling.vectors(tile);
            int firstBlock = tiling.firstBlock(tile);
            int weight = project.weights() + firstBlock * c * project.inputs() + firstInput * vectors * c;
            int bias = ends ? project.bias() + firstBlock * c : 0;
            int place = firstBlock * project.outputBlockStride() + from * width * c;
            int output = project.output() + place;
            int sum = (starts ? project.residual() : project.output()) + place;
            int count = Tiling.tiles(pixels, tiling.rows(vectors));
            for (int p = 0; p < count; p++) {
                int first = Tiling.first(p, count, pixels);
                int rows = Tiling.first(p + 1, count, pixels) - first;
                if (adds) {
                    tiles.addingPointwise(
                            rows, vectors, w, weight, biases, bias, k, a, filtered + first * c, output + first * c,
                            block.filteredBlockStride(), sum + first * c, project.outputBlockStride(), low, high);
                } else {
                    tiles.pointwise(
                            rows, vectors, w, weight, biases, bias, k, a, filtered + first * c, output + first * c,
                            block.filteredBlockStride(), project.outputBlockStride(), low, high, null, firstBlock * c);
                }
            }
            if (integers != null && ends) {
                steps.requantise(
                        integers.project().requantisation().inFloat().orElseThrow(), firstBlock * c, vectors, a, output,
                        project.outputBlockStride(), pixels);
                steps.addResidual(integers.project(), a, place, vectors, pixels);
            }
        }
    }
}
