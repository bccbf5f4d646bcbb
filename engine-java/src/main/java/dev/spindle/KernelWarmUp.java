package dev.spindle;

import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Rehearsal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Has the JVM compile the code that a plan needs, and no other: runs the kernel's rehearsals until each is as fast as compiled
 * code is, then whole layers, for what is around them.
 */
final class KernelWarmUp {

    /**
     * Runs of one input to begin with. The JVM's first compiler waits for that many, and each operation is slowest until then.
     */
    private static final int SHORTEST_RUNS = 256;

    /**
     * Inputs of a later run. More make no difference to the code, but to how long it takes to get there: the second compiler
     * waits for hundreds of calls, in which each operation allocates its vector. After too few it waits for more calls; with too
     * many, it compiles the loop apart, in addition.
     */
    private static final int INPUTS = 24;

    /** Rehearsals that run by turns: one that is being compiled, one that waits for that, and one that has not run enough yet. */
    private static final int RUNNING = 3;

    /**
     * What a multiply-add of vectors takes at most where it is compiled, with all that is done to its sums behind it. Alone, it
     * takes a fraction of a nanosecond, and ten or a hundred of them before it is compiled.
     */
    private static final double COMPILED_NANOS = 3;

    /** What a run may take beside. */
    private static final double CALL_NANOS = 300;

    /** How long a piece that is not compiled runs in one round, until it has run enough. */
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** After so many runs the compiler should have taken notice: then it runs less. */
    private static final int ENOUGH_RUNS = SHORTEST_RUNS + 1000;

    private static final long SHORT_SLICE_NANOS = SLICE_NANOS / 5;

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long LONG_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** Where nothing has become faster for so long, by as much as {@link #FASTER} says, it is as fast as it gets. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final double FASTER = 0.9;

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
            List<Rehearsal> rehearsals = engine.kernel().rehearsals(
                    kernel -> layers.forEach(layer -> run(layer, kernel, activations)));
            // The small ones bring the operations up to speed, in which the large ones spend their time.
            Stream<Rehearsal> smallFirst = rehearsals.stream().sorted(Comparator.comparingInt(Rehearsal::sums));
            untilCompiled(smallFirst.map(KernelWarmUp::piece), RUNNING);
            untilCompiled(layers.stream().map(layer -> piece(layer, activations)), layers.size());
        }
    }

    private void run(Layer layer, Kernel kernel, Memory activations) {
        int scratch = engine.plan().layout().origin() + engine.plan().activationLength();
        layer.run(kernel, engine.plan().weights(), activations, scratch, 0, layer.units());
    }

    /** @param running how many run by turns at most; each starts when those before it have run enough */
    private void untilCompiled(Stream<Piece> all, int running) {
        List<Piece> pieces = all.collect(Collectors.toCollection(ArrayList::new));
        long progress = System.nanoTime();
        while (!pieces.isEmpty() && !stopped.getAsBoolean()) {
            List<Piece> turn = pieces.subList(0, Math.min(running, pieces.size()));
            boolean enough = true;
            for (int i = 0; i < turn.size() && enough; i++) {
                Piece piece = turn.get(i);
                runForAWhile(piece);
                progress = Math.max(progress, piece.improvedAt);
                enough = piece.hasRunEnough() || piece.isCompiled();
            }
            turn.removeIf(Piece::isCompiled);
            if (System.nanoTime() - progress > PATIENCE_NANOS) {
                turn.clear();
            }
            LockSupport.parkNanos(enough ? LONG_PAUSE_NANOS : PAUSE_NANOS);
        }
    }

    private void runForAWhile(Piece piece) {
        long slice = piece.hasRunEnough() ? SHORT_SLICE_NANOS : SLICE_NANOS;
        long start = System.nanoTime();
        long end;
        do {
            end = piece.run();
        } while (!piece.isCompiled() && end - start < slice && !stopped.getAsBoolean());
    }

    private static Piece piece(Rehearsal rehearsal) {
        int inputs = few(rehearsal.inputs());
        return new Piece(
                () -> rehearsal.code().accept(1),
                () -> rehearsal.code().accept(inputs),
                ENOUGH_RUNS,
                CALL_NANOS + COMPILED_NANOS * inputs * rehearsal.sums());
    }

    /** With the same remainder: loops that take several inputs at a time are followed by one for those that are left. */
    private static int few(int inputs) {
        return inputs < INPUTS ? inputs : INPUTS + inputs % INPUTS;
    }

    private Piece piece(Layer layer, Memory activations) {
        Runnable whole = () -> run(layer, engine.kernel(), activations);
        double vectors = (double) layer.macs() / engine.plan().layout().channelBlock();
        return new Piece(whole, whole, 0, vectors == 0 ? Double.MAX_VALUE : COMPILED_NANOS * vectors);
    }

    /** Something to run until it is compiled. */
    private static final class Piece {

        private final Runnable shortest;
        private final Runnable code;
        private final int enoughRuns;
        private final double compiledNanos;
        private int runs;
        private double best = Double.MAX_VALUE;
        private long improvedAt = Long.MIN_VALUE;

        Piece(Runnable shortest, Runnable code, int enoughRuns, double compiledNanos) {
            this.shortest = shortest;
            this.code = code;
            this.enoughRuns = enoughRuns;
            this.compiledNanos = compiledNanos;
        }

        /** When it ended. */
        long run() {
            long start = System.nanoTime();
            boolean first = shortest != code && runs < SHORTEST_RUNS;
            runs++;
            (first ? shortest : code).run();
            long end = System.nanoTime();
            if (!first && end - start < FASTER * best) {
                best = end - start;
                improvedAt = end;
            }
            return end;
        }

        boolean hasRunEnough() {
            return runs > enoughRuns;
        }

        boolean isCompiled() {
            return best <= compiledNanos;
        }
    }
}
