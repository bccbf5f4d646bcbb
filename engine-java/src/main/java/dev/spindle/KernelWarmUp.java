package dev.spindle;

import dev.spindle.kernel.ChannelwisePair;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Quantised;
import dev.spindle.kernel.QuantisedDense;
import dev.spindle.kernel.QuantisedPointwise;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Has the JVM compile the kernels that a plan needs, and no others: runs a few units of each layer over zeros, sums of many
 * inputs cut short, until all of them are as fast as compiled code is; then whole layers, for what the units did not have.
 * The JVM compiles on threads of its own, and is left as much time between rounds as these take.
 */
final class KernelWarmUp {

    /** Units of a layer that run in one go. */
    private static final int UNITS = 4;

    /**
     * Inputs of a sum. More make no difference to the tile that is compiled, but to how long it takes to get there: the JVM
     * waits for hundreds of calls, in which each operation allocates its vector. Too many, and it compiles the loop apart
     * from the tile, in addition.
     */
    private static final int INPUTS = 32;

    /**
     * What a multiply-add of vectors takes at most where it is compiled. It takes a fraction of it, and before it is, ten
     * times as much.
     */
    private static final double COMPILED_NANOS = 2;

    /** The classifier's weights come from memory, and each serves once. */
    private static final double COMPILED_DENSE_NANOS = 6;

    /** How long a piece that is not compiled runs in one round. */
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long SHORTEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** What has become no faster for so long, by as much as {@link #FASTER} says, is as fast as it gets. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final double FASTER = 0.9;

    private static final double GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

    private final Engine engine;
    private final BooleanSupplier stopped;

    /**
     * @param stopped is asked again and again; once it says so, {@link #run} returns early
     */
    KernelWarmUp(Engine engine, BooleanSupplier stopped) {
        this.engine = engine;
        this.stopped = stopped;
    }

    /** Returns when everything is compiled. */
    void run() {
        List<Layer> layers = engine.plan().layers();
        try (Memory activations = engine.plan().newActivations(1)) {
            untilCompiled(activations, layers.stream().flatMap(KernelWarmUp::parts).map(part -> new Piece(part, units(part))));
            untilCompiled(activations, layers.stream().map(layer -> new Piece(layer, layer.units())));
        }
    }

    private void untilCompiled(Memory activations, Stream<Piece> all) {
        List<Piece> pieces = all.toList();
        boolean compiled = false;
        while (!compiled && !stopped.getAsBoolean()) {
            long start = System.nanoTime();
            for (Piece piece : pieces) {
                piece.run(activations);
            }
            long now = System.nanoTime();
            compiled = pieces.stream().allMatch(piece -> piece.compiled(now));
            LockSupport.parkNanos(Math.clamp(now - start, SHORTEST_PAUSE_NANOS, LONGEST_PAUSE_NANOS));
        }
    }

    /** Layers that have to be compiled each for itself. */
    private static Stream<Layer> parts(Layer layer) {
        return layer instanceof ChannelwisePair pair
                ? Stream.of(ofFewInputs(pair.pointwise()), pair.channelwise())
                : Stream.of(ofFewInputs(layer));
    }

    private static Layer ofFewInputs(Layer layer) {
        return switch (layer) {
            case Pointwise pointwise -> pointwise.ofInputs(few(pointwise.inputs()));
            case Dense dense -> dense.ofInputs(few(dense.inputs()));
            case QuantisedPointwise(Pointwise shape, var requantisation, var sum, var floatSum) ->
                    new QuantisedPointwise(shape.ofInputs(few(shape.inputs())), requantisation, sum, floatSum);
            case QuantisedDense(Dense shape, var requantisation) ->
                    new QuantisedDense(shape.ofInputs(few(shape.inputs())), requantisation);
            default -> layer;
        };
    }

    /** With the same remainder: loops that take several inputs at a time are followed by one for those that are left. */
    private static int few(int inputs) {
        return inputs < 2 * INPUTS ? inputs : INPUTS + inputs % INPUTS;
    }

    /** A fused block's step takes as many rows. */
    private static int units(Layer layer) {
        return Math.min(layer.units(), shape(layer) instanceof FusedBlock block ? block.stepRows() : UNITS);
    }

    private static Layer shape(Layer layer) {
        return layer instanceof Quantised quantised ? quantised.shape() : layer;
    }

    /** Units of a layer, others each time that it runs. */
    private final class Piece {

        private final Layer layer;
        private final int units;
        private final int scratch;
        private final double compiledNanos;
        private int runs;
        private double best = Double.MAX_VALUE;
        private long improvedAt;

        Piece(Layer layer, int units) {
            this.layer = layer;
            this.units = units;
            this.scratch = engine.plan().layout().origin() + engine.plan().activationLength();
            double vectors = (double) layer.macs() / layer.units() * units / engine.plan().layout().channelBlock();
            double nanos = shape(layer) instanceof Dense ? COMPILED_DENSE_NANOS : COMPILED_NANOS;
            this.compiledNanos = vectors == 0 ? Double.MAX_VALUE : nanos * vectors;
        }

        /** Once where it is compiled, else for a while. */
        void run(Memory activations) {
            long start = System.nanoTime();
            long end;
            do {
                end = runOnce(activations);
            } while (best > compiledNanos && end - start < SLICE_NANOS && !stopped.getAsBoolean());
        }

        /** Multiples of the golden ratio are spread evenly over the units. */
        private long runOnce(Memory activations) {
            int from = (int) (runs++ * GOLDEN_RATIO % 1 * (layer.units() - units + 1));
            long start = System.nanoTime();
            layer.run(engine.kernel(), engine.plan().weights(), activations, scratch, from, from + units);
            long end = System.nanoTime();
            if (end - start < FASTER * best) {
                best = end - start;
                improvedAt = end;
            }
            return end;
        }

        boolean compiled(long now) {
            return best <= compiledNanos || now - improvedAt > PATIENCE_NANOS;
        }
    }
}
