package dev.spindle.engine.jni;

import static dev.spindle.engine.jni.NativeBounds.require;
import static dev.spindle.engine.jni.NativeBounds.requireBlocks;
import static dev.spindle.engine.jni.NativeKernel.at;

import dev.spindle.kernel.BytePacking;
import dev.spindle.kernel.ByteSum;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Multiplier;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.QuantisedDense;
import dev.spindle.kernel.QuantisedDepthwise;
import dev.spindle.kernel.QuantisedGlobalAverage;
import dev.spindle.kernel.QuantisedKernel;
import dev.spindle.kernel.QuantisedPointwise;
import dev.spindle.kernel.QuantisedStem;
import dev.spindle.kernel.Requantisation;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import java.util.Objects;

/**
 * The C kernels of integers that suit one instruction set and this CPU: maps and weights are of bytes, in blocks of 16
 * channels. Units and memory are checked as {@link NativeKernel} does.
 */
final class NativeQuantisedKernel implements QuantisedKernel {

    private static final int BLOCK = 16;

    /** Inputs that stand side by side. */
    private static final int GROUP = 4;

    private static final int STEM_GROUPS = 9;
    private static final int DEPTHWISE_GROUPS = 3;

    /** Bytes of a block's constants. */
    private static final long CONSTANTS = 7L * BLOCK * Integer.BYTES;

    /** Channels of a matrix's extra group. */
    private static final int EXTRA_CHANNELS = 48;

    private static final ByteSum NO_SUM = ByteSum.of(-1);

    private static final Multiplier NO_MEAN = new Multiplier(0, 0);

    private final NativeKernel owner;
    private final int isa;
    private final int features;
    private final Layout layout;

    /**
     * Kernels of a backend that the library holds and the CPU can run.
     *
     * @param owner the backend's kernels of fp32
     * @param isa its number
     * @param features of the CPU, as bits of {@link CpuFeature}
     */
    NativeQuantisedKernel(NativeKernel owner, int isa, int features) {
        this.owner = owner;
        this.isa = isa;
        this.features = features;
        layout = new Layout(
                BLOCK,
                Memory.Kind.OFF_HEAP,
                Memory.Element.BYTE,
                Memory.Element.BYTE,
                rows(isa, features, 1),
                rows(isa, features, 2),
                rows(isa, features, 3),
                2,
                false);
    }

    @Override
    public Layout layout() {
        return layout;
    }

    @Override
    public double products(int rounds) {
        return products(isa, features, rounds);
    }

    @Override
    public void stem(QuantisedStem layer, Memory weights, Memory activations, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        Stem shape = layer.shape();
        Tiling tiling = shape.tiling();
        Requantisation by = layer.requantisation();
        BytePacking packing = by.packing().orElseThrow();
        int outputBlockStride = shape.outputHeight() * tiling.pixels() * BLOCK;
        requireWeights(weights, shape.weights(), packing, tiling.blocks(), STEM_GROUPS);
        requireExtras(weights, packing, tiling.channelTiles(), EXTRA_CHANNELS);
        require(activations, shape.input(), (2L * shape.outputHeight() + 1) * shape.rowStride());
        require(activations, shape.output(), (long) tiling.blocks() * outputBlockStride);
        int status = stem(
                isa,
                features,
                at(weights, shape.weights()),
                extra(weights, packing, packing.extraStarts()),
                extra(weights, packing, packing.extraGroups()),
                extra(weights, packing, packing.extraWeights()),
                at(weights, packing.constants()),
                packing.rounding().ordinal(),
                by.output().zeroPoint(),
                by.low(),
                by.high(),
                at(activations, shape.input()),
                at(activations, shape.output()),
                shape.rowStride(),
                outputBlockStride,
                tiling.blocks(),
                tiling.triples(),
                tiling.pixels(),
                tiling.rows1(),
                tiling.rows2(),
                tiling.rows3(),
                from,
                to);
        owner.check(status, layer.name());
    }

    @Override
    public void pointwise(QuantisedPointwise layer, Memory weights, Memory activations, int output, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        Pointwise shape = layer.shape();
        int status = matrix(
                layer.requantisation(),
                weights,
                shape.weights(),
                activations,
                shape.input(),
                output,
                shape.inputs(),
                shape.inputBlockStride(),
                shape.outputBlockStride(),
                shape.tiling(),
                shape.residual(),
                from,
                to);
        owner.check(status, layer.name());
    }

    /** A 1x1 convolution of one pixel, whose tiles are two blocks wide as the layout asks for. */
    @Override
    public void dense(QuantisedDense layer, Memory weights, Memory activations, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        Dense shape = layer.shape();
        int status = matrix(
                layer.requantisation(),
                weights,
                shape.weights(),
                activations,
                shape.input(),
                shape.output(),
                shape.inputs(),
                BLOCK,
                BLOCK,
                layer.tiling(),
                -1,
                from,
                to);
        owner.check(status, layer.name());
    }

    private int matrix(
            Requantisation by,
            Memory weights,
            int kernel,
            Memory activations,
            int input,
            int output,
            int inputs,
            int inputBlockStride,
            int outputBlockStride,
            Tiling tiling,
            int residual,
            int from,
            int to) {
        BytePacking packing = by.packing().orElseThrow();
        ByteSum sum = residual < 0 ? NO_SUM : packing.sum().orElseThrow();
        int groups = (inputs + GROUP - 1) / GROUP;
        long map = (long) tiling.pixels() * BLOCK;
        requireWeights(weights, kernel, packing, tiling.blocks(), groups);
        requireExtras(weights, packing, tiling.channelTiles(), EXTRA_CHANNELS);
        require(activations, input, (layout.blocks(inputs) - 1L) * inputBlockStride + map);
        requireBlocks(activations, output, tiling, outputBlockStride, BLOCK, from, to);
        if (residual >= 0) {
            requireBlocks(activations, residual, tiling, outputBlockStride, BLOCK, from, to);
        }
        if (sum.table() >= 0) {
            require(weights, sum.table(), 1 << 2 * Byte.SIZE);
        }
        return pointwise(
                isa,
                features,
                at(weights, kernel),
                extra(weights, packing, packing.extraStarts()),
                extra(weights, packing, packing.extraGroups()),
                extra(weights, packing, packing.extraWeights()),
                at(weights, packing.constants()),
                packing.rounding().ordinal(),
                by.output().zeroPoint(),
                by.low(),
                by.high(),
                at(activations, input),
                at(activations, output),
                groups,
                inputBlockStride,
                outputBlockStride,
                tiling.blocks(),
                tiling.triples(),
                tiling.pixels(),
                tiling.rows1(),
                tiling.rows2(),
                tiling.rows3(),
                residual < 0 ? 0 : at(activations, residual),
                sum.table() < 0 ? 0 : at(weights, sum.table()),
                sum.ownFactor(),
                sum.residualFactor(),
                sum.ownRest(),
                sum.residualRest(),
                sum.base(),
                sum.scale(),
                sum.scaleRest(),
                sum.offset(),
                sum.half(),
                sum.offsetBelow(),
                from,
                to);
    }

    @Override
    public void depthwise(QuantisedDepthwise layer, Memory weights, Memory activations, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        Depthwise shape = layer.shape();
        Requantisation by = layer.requantisation();
        BytePacking packing = by.packing().orElseThrow();
        long map = (long) shape.height() * shape.width() * BLOCK;
        long outputMap = (long) shape.outputHeight() * shape.outputWidth() * BLOCK;
        requireWeights(weights, shape.weights(), packing, shape.blocks(), DEPTHWISE_GROUPS);
        requireExtras(weights, packing, shape.blocks(), DEPTHWISE_GROUPS * BLOCK);
        require(activations, shape.zeros(), (long) shape.width() * BLOCK);
        require(activations, shape.input(), (shape.blocks() - 1L) * shape.inputBlockStride() + map);
        require(activations, shape.output(), (shape.blocks() - 1L) * shape.outputBlockStride() + outputMap);
        int status = depthwise(
                isa,
                features,
                at(weights, shape.weights()),
                extra(weights, packing, packing.extraStarts()),
                extra(weights, packing, packing.extraGroups()),
                extra(weights, packing, packing.extraWeights()),
                at(weights, packing.constants()),
                packing.rounding().ordinal(),
                by.output().zeroPoint(),
                by.low(),
                by.high(),
                at(activations, shape.input()),
                at(activations, shape.zeros()),
                at(activations, shape.output()),
                shape.inputBlockStride(),
                shape.outputBlockStride(),
                shape.height(),
                shape.width(),
                shape.outputHeight(),
                shape.outputWidth(),
                shape.stride(),
                shape.dilation(),
                shape.padTop(),
                shape.padLeft(),
                from,
                to);
        owner.check(status, layer.name());
    }

    @Override
    public void globalAverage(QuantisedGlobalAverage layer, Memory activations, int input, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        GlobalAverage shape = layer.shape();
        Multiplier mean = layer.mean().orElse(NO_MEAN);
        long block = (long) shape.pixels() * BLOCK;
        require(activations, input + from * block, (to - from) * block);
        require(activations, shape.output(), (long) shape.blocks() * BLOCK);
        int status = globalAverage(
                isa,
                features,
                at(activations, input),
                at(activations, shape.output()),
                shape.pixels(),
                layer.mean().isPresent(),
                mean.value(),
                mean.shift(),
                layer.input().zeroPoint(),
                layer.output().zeroPoint(),
                layer.pivot(),
                from,
                to);
        owner.check(status, layer.name());
    }

    private static void requireWeights(Memory weights, int offset, BytePacking packing, int blocks, int groups) {
        require(weights, offset, (long) blocks * BLOCK * groups * GROUP);
        require(weights, packing.constants(), blocks * CONSTANTS);
    }

    private static void requireExtras(Memory weights, BytePacking packing, int tiles, int channels) {
        if (packing.extras() > 0) {
            require(weights, packing.extraStarts(), (tiles + 1L) * Integer.BYTES);
            require(weights, packing.extraGroups(), (long) packing.extras() * Integer.BYTES);
            require(weights, packing.extraWeights(), (long) packing.extras() * channels * GROUP);
        }
    }

    private static long extra(Memory weights, BytePacking packing, int offset) {
        return packing.extras() == 0 ? 0 : at(weights, offset);
    }

    /** The instruction set that the library's kernels of integers are written for, such as {@code avx512vnni}. */
    static native String instructions(int isa, int features);

    private static native int rows(int isa, int features, int vectors);

    private static native double products(int isa, int features, int rounds);

    private static native int stem(
            int isa,
            int features,
            long weights,
            long extraStarts,
            long extraGroups,
            long extraWeights,
            long constants,
            int rounding,
            int zeroPoint,
            int low,
            int high,
            long input,
            long output,
            int rowStride,
            int outputBlockStride,
            int blocks,
            int triples,
            int pixels,
            int rows1,
            int rows2,
            int rows3,
            int from,
            int to);

    private static native int pointwise(
            int isa,
            int features,
            long weights,
            long extraStarts,
            long extraGroups,
            long extraWeights,
            long constants,
            int rounding,
            int zeroPoint,
            int low,
            int high,
            long input,
            long output,
            int groups,
            int inputBlockStride,
            int outputBlockStride,
            int blocks,
            int triples,
            int pixels,
            int rows1,
            int rows2,
            int rows3,
            long other,
            long table,
            int ownFactor,
            int otherFactor,
            int ownRest,
            int otherRest,
            int base,
            float scale,
            float scaleRest,
            float offset,
            int half,
            float offsetBelow,
            int from,
            int to);

    private static native int depthwise(
            int isa,
            int features,
            long weights,
            long extraStarts,
            long extraGroups,
            long extraWeights,
            long constants,
            int rounding,
            int zeroPoint,
            int low,
            int high,
            long input,
            long zeros,
            long output,
            int inputBlockStride,
            int outputBlockStride,
            int height,
            int width,
            int outputHeight,
            int outputWidth,
            int stride,
            int dilation,
            int padTop,
            int padLeft,
            int from,
            int to);

    private static native int globalAverage(
            int isa,
            int features,
            long input,
            long output,
            int pixels,
            boolean scales,
            int multiplier,
            int shift,
            int zeroIn,
            int zeroOut,
            int pivot,
            int from,
            int to);
}
