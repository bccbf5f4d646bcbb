package dev.spindle.engine.jni;

import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Stem;
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
    static void require(Memory memory, int offset, long count) {
        Objects.checkFromIndexSize((long) offset, count, (long) memory.length());
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
    void requireOutput(Pointwise layer, Memory activations) {
        int blocks = layer.tiling().blocks();
        int pixels = layer.tiling().pixels();
        requireMap(activations, layer.output(), blocks, layer.outputBlockStride(), pixels);
        if (layer.residual() >= 0) {
            requireMap(activations, layer.residual(), blocks, layer.outputBlockStride(), pixels);
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
        requireOutput(layer.project(), activations);
        require(activations, scratch, layer.scratchLength());
    }
}
