package dev.spindle.engine.jni;

import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.QuantisedKernel;
import dev.spindle.kernel.Softmax;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import java.util.Objects;
import java.util.Optional;

/**
 * The C kernels of one instruction set. A call hands addresses and geometry to one native function, which computes the
 * whole range of units.
 *
 * <p>Every range of units is checked, because C does not: outside it lies somebody else's memory. That offsets and
 * strides lie inside the memory is what the plan has seen to; assertions check it again.
 */
final class NativeKernel implements Kernel {

    /** Statuses of {@code enum spindle_status} in C. */
    private static final int OK = 0;
    private static final int NO_KERNELS = -1;
    private static final int NO_TILE = -2;

    private final NativeBackend backend;
    private final int isa;
    private final Layout layout;
    private final NativeQuantisedKernel quantised;

    /**
     * Kernels of a backend that the library holds and the CPU can run.
     *
     * @param backend the backend
     * @param cpuFeatures bits of {@link CpuFeature}
     */
    NativeKernel(NativeBackend backend, int cpuFeatures) {
        this.backend = backend;
        isa = backend.ordinal();
        int lanes = lanes(isa);
        check(lanes < 0 ? lanes : OK, "its layout");
        layout = new Layout(
                lanes, Memory.Kind.OFF_HEAP, rows(isa, 1), rows(isa, 2), rows(isa, 3), denseVectors(isa),
                true);
        quantised = new NativeQuantisedKernel(this, isa, cpuFeatures);
    }

    @Override
    public Optional<QuantisedKernel> quantised() {
        return Optional.of(quantised);
    }

    @Override
    public String name() {
        return backend.label();
    }

    @Override
    public Layout layout() {
        return layout;
    }

    @Override
    public void stem(Stem layer, Memory weights, Memory activations, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        Tiling tiling = layer.tiling();
        int c = layout.channelBlock();
        int outputBlockStride = layer.outputHeight() * tiling.pixels() * c;
        assert sourcesFit(layer, weights, activations);
        assert fits(activations, layer.output(), (long) tiling.blocks() * outputBlockStride);
        int status = stem(
                isa,
                at(weights, layer.weights()),
                at(weights, layer.bias()),
                at(activations, layer.input()),
                at(activations, layer.output()),
                layer.rowStride(),
                outputBlockStride,
                tiling.blocks(),
                tiling.triples(),
                tiling.pixels(),
                tiling.rows1(),
                tiling.rows2(),
                tiling.rows3(),
                layer.low(),
                layer.high(),
                from,
                to);
        check(status, layer.name());
    }

    @Override
    public void pointwise(Pointwise layer, Memory weights, Memory activations, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        Tiling tiling = layer.tiling();
        assert weightsFit(layer, weights);
        assert inputFits(layer, activations);
        assert outputFits(layer, activations);
        int status = pointwise(
                isa,
                at(weights, layer.weights()),
                at(weights, layer.bias()),
                at(activations, layer.input()),
                layer.residual() < 0 ? 0 : at(activations, layer.residual()),
                at(activations, layer.output()),
                layer.inputs(),
                layer.inputBlockStride(),
                layer.outputBlockStride(),
                tiling.blocks(),
                tiling.triples(),
                tiling.pixels(),
                tiling.rows1(),
                tiling.rows2(),
                tiling.rows3(),
                layer.low(),
                layer.high(),
                from,
                to);
        check(status, layer.name());
    }

    @Override
    public void depthwise(Depthwise layer, Memory weights, Memory activations, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        int c = layout.channelBlock();
        assert weightsFit(layer, weights, activations);
        assert inputFits(layer, activations);
        assert fits(
                activations,
                layer.output(),
                (layer.blocks() - 1L) * layer.outputBlockStride()
                        + (long) layer.outputHeight() * layer.outputWidth() * c);
        int status = depthwise(
                isa,
                at(weights, layer.weights()),
                at(weights, layer.bias()),
                at(activations, layer.input()),
                at(activations, layer.zeros()),
                at(activations, layer.output()),
                layer.inputBlockStride(),
                layer.outputBlockStride(),
                layer.height(),
                layer.width(),
                layer.outputHeight(),
                layer.outputWidth(),
                layer.stride(),
                layer.dilation(),
                layer.padTop(),
                layer.padLeft(),
                layer.interiorFrom(),
                layer.interiorTo(),
                layer.low(),
                layer.high(),
                from,
                to);
        check(status, layer.name());
    }

    @Override
    public void fusedBlock(FusedBlock layer, Memory weights, Memory activations, int scratch, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        Stem stem = layer.stem().orElse(null);
        Pointwise expand = layer.expand().orElse(null);
        Depthwise depthwise = layer.depthwise();
        Pointwise project = layer.project();
        Tiling hidden = layer.hidden();
        Tiling tiling = project.tiling();
        assert layer.channelBlock() == layout.channelBlock() && layer.groupTiles() > 0 && layer.stepRows() > 0;
        assert stem == null || sourcesFit(stem, weights, activations);
        assert expand == null || weightsFit(expand, weights) && inputFits(expand, activations);
        assert weightsFit(depthwise, weights, activations);
        assert layer.hasFirst() || inputFits(depthwise, activations);
        assert weightsFit(project, weights) && outputFits(project, activations);
        assert fits(activations, scratch, layer.scratchLength());
        long buffer = at(activations, scratch);
        long firstWeights = 0;
        long firstBias = 0;
        long firstInput = 0;
        int firstInputs = 0;
        int firstInputStride = 0;
        int firstLow = 0;
        int firstHigh = 0;
        if (stem != null) {
            firstWeights = at(weights, stem.weights());
            firstBias = at(weights, stem.bias());
            firstInput = at(activations, stem.input());
            firstInputs = Stem.K;
            firstInputStride = stem.rowStride();
            firstLow = stem.low();
            firstHigh = stem.high();
        } else if (expand != null) {
            firstWeights = at(weights, expand.weights());
            firstBias = at(weights, expand.bias());
            firstInput = at(activations, expand.input());
            firstInputs = expand.inputs();
            firstInputStride = expand.inputBlockStride();
            firstLow = expand.low();
            firstHigh = expand.high();
        }
        int status = fusedBlock(
                isa,
                stem != null,
                expand != null,
                firstWeights,
                firstBias,
                firstInput,
                firstInputs,
                firstInputStride,
                firstLow,
                firstHigh,
                buffer,
                layer.bufferBlockStride(),
                hidden.blocks(),
                hidden.triples(),
                hidden.rows1(),
                hidden.rows2(),
                hidden.rows3(),
                layer.groupTiles(),
                layer.stepRows(),
                at(weights, depthwise.weights()),
                at(weights, depthwise.bias()),
                layer.hasFirst() ? buffer : at(activations, depthwise.input()),
                at(activations, depthwise.zeros()),
                layer.hasFirst() ? layer.bufferBlockStride() : depthwise.inputBlockStride(),
                depthwise.height(),
                depthwise.width(),
                depthwise.outputHeight(),
                depthwise.outputWidth(),
                depthwise.stride(),
                depthwise.dilation(),
                depthwise.padTop(),
                depthwise.padLeft(),
                depthwise.interiorFrom(),
                depthwise.interiorTo(),
                depthwise.low(),
                depthwise.high(),
                at(activations, scratch + layer.filteredOffset()),
                layer.filteredBlockStride(),
                at(weights, project.weights()),
                at(weights, project.bias()),
                project.residual() < 0 ? 0 : at(activations, project.residual()),
                at(activations, project.output()),
                project.inputs(),
                project.outputBlockStride(),
                tiling.blocks(),
                tiling.triples(),
                tiling.rows1(),
                tiling.rows2(),
                tiling.rows3(),
                project.low(),
                project.high(),
                from,
                to);
        check(status, layer.name());
    }

    @Override
    public void globalAverage(GlobalAverage layer, Memory activations, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        long channels = (long) layer.blocks() * layout.channelBlock();
        assert fits(activations, layer.input(), channels * layer.pixels());
        assert fits(activations, layer.output(), channels);
        int status = globalAverage(
                isa, at(activations, layer.input()), at(activations, layer.output()), layer.pixels(), from, to);
        check(status, layer.name());
    }

    @Override
    public void dense(Dense layer, Memory weights, Memory activations, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        long padded = (long) layer.blocks() * layout.channelBlock();
        assert fits(weights, layer.weights(), padded * layer.inputs());
        assert fits(weights, layer.bias(), padded);
        assert fits(activations, layer.input(), layer.inputs());
        assert fits(activations, layer.output(), padded);
        int status = dense(
                isa,
                at(weights, layer.weights()),
                at(weights, layer.bias()),
                at(activations, layer.input()),
                at(activations, layer.output()),
                layer.inputs(),
                layer.blocks(),
                layer.vectors(),
                from,
                to);
        check(status, layer.name());
    }

    @Override
    public void softmax(Softmax layer, Memory activations) {
        assert layer.count() > 0;
        assert fits(activations, layer.input(), layer.count());
        assert fits(activations, layer.output(), layer.count());
        softmax(at(activations, layer.input()), at(activations, layer.output()), layer.count());
    }

    @Override
    public String toString() {
        return name();
    }

    static long at(Memory memory, int offset) {
        return memory.address() + (long) memory.element().bytes() * offset;
    }

    static boolean fits(Memory memory, int offset, long count) {
        Objects.checkFromIndexSize((long) offset, count, (long) memory.length());
        return true;
    }

    private boolean sourcesFit(Stem layer, Memory weights, Memory activations) {
        long channels = (long) layer.tiling().blocks() * layout.channelBlock();
        return fits(weights, layer.weights(), channels * Stem.K)
                && fits(weights, layer.bias(), channels)
                && fits(activations, layer.input(), (2L * layer.outputHeight() + 1) * layer.rowStride());
    }

    private boolean weightsFit(Pointwise layer, Memory weights) {
        long channels = (long) layer.tiling().blocks() * layout.channelBlock();
        return fits(weights, layer.weights(), channels * layer.inputs()) && fits(weights, layer.bias(), channels);
    }

    private boolean inputFits(Pointwise layer, Memory activations) {
        long map = (long) layer.tiling().pixels() * layout.channelBlock();
        return fits(activations, layer.input(), (layout.blocks(layer.inputs()) - 1L) * layer.inputBlockStride() + map);
    }

    /** The residual's shape is the output's. */
    private boolean outputFits(Pointwise layer, Memory activations) {
        long map = (long) layer.tiling().pixels() * layout.channelBlock();
        long floats = (layer.tiling().blocks() - 1L) * layer.outputBlockStride() + map;
        return fits(activations, layer.output(), floats)
                && (layer.residual() < 0 || fits(activations, layer.residual(), floats));
    }

    /** The row of zeros included. */
    private boolean weightsFit(Depthwise layer, Memory weights, Memory activations) {
        long channels = (long) layer.blocks() * layout.channelBlock();
        return fits(weights, layer.weights(), channels * Depthwise.TAPS)
                && fits(weights, layer.bias(), channels)
                && fits(activations, layer.zeros(), (long) layer.width() * layout.channelBlock());
    }

    private boolean inputFits(Depthwise layer, Memory activations) {
        long map = (long) layer.height() * layer.width() * layout.channelBlock();
        return fits(activations, layer.input(), (layer.blocks() - 1L) * layer.inputBlockStride() + map);
    }

    /** Makes an exception of a status that is none of success. */
    void check(int status, String what) {
        switch (status) {
            case OK -> { }
            case NO_KERNELS -> throw new IllegalStateException("the native library holds no kernels for " + name());
            case NO_TILE -> throw new IllegalArgumentException(
                    what + " was planned with tiles that " + name() + " does not have, expected at most those of " + layout);
            default -> throw new IllegalStateException(name() + ": native status " + status + " from " + what);
        }
    }

    private static native int lanes(int isa);

    private static native int rows(int isa, int vectors);

    private static native int denseVectors(int isa);

    private static native int stem(
            int isa,
            long weights,
            long bias,
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
            int low,
            int high,
            int from,
            int to);

    private static native int pointwise(
            int isa,
            long weights,
            long bias,
            long input,
            long residual,
            long output,
            int inputs,
            int inputBlockStride,
            int outputBlockStride,
            int blocks,
            int triples,
            int pixels,
            int rows1,
            int rows2,
            int rows3,
            int low,
            int high,
            int from,
            int to);

    private static native int depthwise(
            int isa,
            long weights,
            long bias,
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
            int interiorFrom,
            int interiorTo,
            int low,
            int high,
            int from,
            int to);

    private static native int fusedBlock(
            int isa,
            boolean hasStem,
            boolean hasExpand,
            long firstWeights,
            long firstBias,
            long firstInput,
            int firstInputs,
            int firstInputStride,
            int firstLow,
            int firstHigh,
            long buffer,
            int bufferBlockStride,
            int hiddenBlocks,
            int hiddenTriples,
            int hiddenRows1,
            int hiddenRows2,
            int hiddenRows3,
            int groupTiles,
            int stepRows,
            long depthwiseWeights,
            long depthwiseBias,
            long depthwiseInput,
            long zeros,
            int depthwiseInputBlockStride,
            int height,
            int width,
            int outputHeight,
            int outputWidth,
            int stride,
            int dilation,
            int padTop,
            int padLeft,
            int interiorFrom,
            int interiorTo,
            int depthwiseLow,
            int depthwiseHigh,
            long filtered,
            int filteredBlockStride,
            long projectWeights,
            long projectBias,
            long residual,
            long output,
            int projectInputs,
            int outputBlockStride,
            int projectBlocks,
            int projectTriples,
            int projectRows1,
            int projectRows2,
            int projectRows3,
            int projectLow,
            int projectHigh,
            int from,
            int to);

    private static native int globalAverage(int isa, long input, long output, int pixels, int from, int to);

    private static native int dense(
            int isa,
            long weights,
            long bias,
            long input,
            long output,
            int inputs,
            int blocks,
            int vectors,
            int from,
            int to);

    private static native void softmax(long input, long output, int count);
}
