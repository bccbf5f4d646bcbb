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
 * <p>Ranges of units, and through {@link NativeBounds} all places in memory, are checked, because C does not.
 */
final class NativeKernel implements Kernel {

    /** Statuses of {@code enum spindle_status} in C. */
    private static final int OK = 0;
    private static final int NO_KERNELS = -1;
    private static final int NO_TILE = -2;

    private final NativeBackend backend;
    private final int isa;
    private final Layout layout;
    private final NativeBounds bounds;
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
        bounds = new NativeBounds(layout);
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

    /** Has weights stand on huge pages, as many as their place allows and the system gives. */
    @Override
    public void prepare(Memory weights) {
        askForHugePages(weights.address(), (long) weights.element().bytes() * weights.length());
    }

    @Override
    public void stem(Stem layer, Memory weights, Memory activations, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        Tiling tiling = layer.tiling();
        int c = layout.channelBlock();
        int outputBlockStride = layer.outputHeight() * tiling.pixels() * c;
        bounds.requireSources(layer, weights, activations);
        NativeBounds.require(activations, layer.output(), (long) tiling.blocks() * outputBlockStride);
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
    public void pointwise(Pointwise layer, Memory weights, Memory activations, int output, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        Tiling tiling = layer.tiling();
        bounds.requireSources(layer, weights, activations);
        bounds.requireOutput(layer, activations, output, from, to);
        int status = pointwise(
                isa,
                at(weights, layer.weights()),
                at(weights, layer.bias()),
                at(activations, layer.input()),
                layer.residual() < 0 ? 0 : at(activations, layer.residual()),
                at(activations, output),
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
        bounds.requireWeights(layer, weights, activations);
        bounds.requireInput(layer, activations);
        bounds.requireOutput(layer, activations);
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
        bounds.require(layer, weights, activations, scratch);
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
    public void globalAverage(GlobalAverage layer, Memory activations, int input, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        int c = layout.channelBlock();
        long block = (long) layer.pixels() * c;
        NativeBounds.require(activations, input + from * block, (to - from) * block);
        NativeBounds.require(activations, layer.output(), (long) layer.blocks() * c);
        int status = globalAverage(
                isa, at(activations, input), at(activations, layer.output()), layer.pixels(), from, to);
        check(status, layer.name());
    }

    @Override
    public void dense(Dense layer, Memory weights, Memory activations, int from, int to) {
        Objects.checkFromToIndex(from, to, layer.units());
        long padded = (long) layer.blocks() * layout.channelBlock();
        NativeBounds.require(weights, layer.weights(), padded * layer.inputs());
        NativeBounds.require(weights, layer.bias(), padded);
        NativeBounds.require(activations, layer.input(), layer.inputs());
        NativeBounds.require(activations, layer.output(), padded);
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
        Objects.checkIndex(0, layer.count());
        NativeBounds.require(activations, layer.input(), layer.count());
        NativeBounds.require(activations, layer.output(), layer.count());
        softmax(at(activations, layer.input()), at(activations, layer.output()), layer.count());
    }

    @Override
    public String toString() {
        return name();
    }

    static long at(Memory memory, int offset) {
        return memory.address() + (long) memory.element().bytes() * offset;
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

    private static native void askForHugePages(long address, long bytes);

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
