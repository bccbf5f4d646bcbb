package dev.spindle.engine.jni;

import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import java.util.Objects;

/**
 * Sees to it that what C is going to read and write lies in the memory that it is given. The plan does so, too; but C would
 * go on into somebody else's memory where a layer does not belong to the memory.
 */
final class NativeBounds {

    private final Layout layout;

    NativeBounds(Layout layout) {
        this.layout = layout;
    }

    /** Checks a run of elements; {@link IndexOutOfBoundsException} says which part of how many is not there. */
    static void require(Memory memory, long offset, long count) {
        Objects.checkFromIndexSize(offset, count, (long) memory.length());
    }

    /**
     * Checks the channel blocks that units of a matrix product write.
     *
     * @param place where the first channel block of the map would stand
     * @param c channels a block
     */
    static void requireBlocks(Memory memory, int place, Tiling tiling, int blockStride, int c, int from, int to) {
        if (from < to) {
            int first = tiling.firstBlock(tiling.channelTile(from));
            int last = tiling.firstBlock(tiling.channelTile(to - 1) + 1) - 1;
            require(
                    memory, place + (long) first * blockStride,
                    (long) (last - first) * blockStride + (long) tiling.pixels() * c);
        }
    }

    private void requireMap(Memory memory, int offset, int blocks, int blockStride, long pixels) {
        require(memory, offset, (blocks - 1L) * blockStride + pixels * layout.channelBlock());
    }

    void requireSources(Stem layer, Memory weights, Memory activations) {
        long channels = (long) layer.tiling().blocks() * layout.channelBlock();
        require(weights, layer.weights(), channels * Stem.K);
        require(weights, layer.bias(), channels);
        require(activations, layer.input(), (2L * layer.outputHeight() + 1) * layer.rowStride());
    }

    void requireSources(Pointwise layer, Memory weights, Memory activations) {
        requireWeights(layer, weights);
        requireMap(
                activations, layer.input(), layout.blocks(layer.inputs()), layer.inputBlockStride(),
                layer.tiling().pixels());
    }

    private void requireWeights(Pointwise layer, Memory weights) {
        long channels = (long) layer.tiling().blocks() * layout.channelBlock();
        require(weights, layer.weights(), channels * layer.inputs());
        require(weights, layer.bias(), channels);
    }

    /** The residual's shape is the output's. */
    void requireOutput(Pointwise layer, Memory activations, int output, int from, int to) {
        int c = layout.channelBlock();
        requireBlocks(activations, output, layer.tiling(), layer.outputBlockStride(), c, from, to);
        if (layer.residual() >= 0) {
            requireBlocks(activations, layer.residual(), layer.tiling(), layer.outputBlockStride(), c, from, to);
        }
    }

    /** The row of zeros included. */
    void requireWeights(Depthwise layer, Memory weights, Memory activations) {
        long channels = (long) layer.blocks() * layout.channelBlock();
        require(weights, layer.weights(), channels * Depthwise.TAPS);
        require(weights, layer.bias(), channels);
        require(activations, layer.zeros(), (long) layer.width() * layout.channelBlock());
    }

    void requireInput(Depthwise layer, Memory activations) {
        requireMap(
                activations, layer.input(), layer.blocks(), layer.inputBlockStride(),
                (long) layer.height() * layer.width());
    }

    void requireOutput(Depthwise layer, Memory activations) {
        requireMap(
                activations, layer.output(), layer.blocks(), layer.outputBlockStride(),
                (long) layer.outputHeight() * layer.outputWidth());
    }

    /** What the layers of a block keep for each other lies in its scratch. */
    void require(FusedBlock layer, Memory weights, Memory activations, int scratch) {
        if (layer.channelBlock() != layout.channelBlock() || layer.groupTiles() < 1 || layer.stepRows() < 1) {
            throw new IllegalArgumentException(layer.name() + " was planned for another layout than " + layout);
        }
        if (layer.stem().isPresent()) {
            requireSources(layer.stem().get(), weights, activations);
        }
        if (layer.expand().isPresent()) {
            requireSources(layer.expand().get(), weights, activations);
        }
        requireWeights(layer.depthwise(), weights, activations);
        if (!layer.hasFirst()) {
            requireInput(layer.depthwise(), activations);
        }
        requireWeights(layer.project(), weights);
        requireOutput(layer.project(), activations, layer.project().output(), 0, layer.project().units());
        require(activations, scratch, layer.scratchLength());
    }
}
