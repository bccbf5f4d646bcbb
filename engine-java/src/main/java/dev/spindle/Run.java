package dev.spindle;

import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Memory;
import dev.spindle.plan.Plan;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs the layers of a plan one after another, each split among the caller and the helpers that it got. A layer's units
 * are cut into as many equal runs as there are participants; a barrier stands between layers. Reused from call to call.
 */
final class Run implements WorkerPool.Call {

    /** Rounds of a spin wait before the waiter gives its processor away: it may be what the others wait for. */
    private static final int SPINS_BEFORE_YIELD = 20_000;

    private static final int END = -1;

    private final Kernel kernel;
    private final Layer[] layers;
    private final Memory weights;
    private final Memory activations;
    private final int scratch;
    private final int scratchFloats;

    private final WorkerPool.Worker[] helpers = new WorkerPool.Worker[WorkerPool.SIZE];
    private int participants;
    /** The step that stood when helpers were told: they take part in every later one. */
    private int joined;
    /** Counts published steps; helpers wait for it to change. */
    private volatile int step;
    /** The layer of the published step, or {@link #END}. */
    private int published;

    private final AtomicInteger pending = new AtomicInteger();
    private volatile Throwable failure;

    /**
     * @param activations a session's memory; behind {@link Plan#activationFloats} it has {@link Plan#scratchFloats} for
     *     each participant that {@link #begin} may bring together
     */
    Run(Kernel kernel, Plan plan, Memory activations) {
        this.kernel = kernel;
        this.layers = plan.layers().toArray(Layer[]::new);
        this.weights = plan.weights();
        this.activations = activations;
        this.scratch = Memory.origin(plan.layout().memory()) + plan.activationFloats();
        this.scratchFloats = plan.scratchFloats();
    }

    /** Enlists up to {@code threads - 1} helpers; {@link #end} lets them go. */
    void begin(int threads) {
        failure = null;
        participants = 1;
        if (threads > 1) {
            joined = step;
            participants += WorkerPool.shared().enlist(this, threads - 1, helpers);
        }
    }

    /** All layers, once. */
    void layers() {
        for (int i = 0; i < layers.length; i++) {
            if (participants == 1 || layers[i].units() == 1) {
                layers[i].run(kernel, weights, activations, scratch, 0, layers[i].units());
            } else {
                publish(i);
                try {
                    part(i, 0);
                } finally {
                    awaitPending();
                }
                rethrow();
            }
        }
    }

    /** Lets the helpers go, and returns once all have left. */
    void end() {
        if (participants > 1) {
            publish(END);
            awaitPending();
            WorkerPool.shared().release(helpers, participants - 1);
            participants = 1;
        }
    }

    private void publish(int layer) {
        pending.set(participants - 1);
        published = layer;
        step++;
    }

    private void awaitPending() {
        for (int spins = 0; pending.get() > 0; spins++) {
            pause(spins);
        }
    }

    private void rethrow() {
        Throwable thrown = failure;
        if (thrown != null) {
            throw new IllegalStateException("a helper failed", thrown);
        }
    }

    private void part(int layer, int participant) {
        long units = layers[layer].units();
        int from = (int) (units * participant / participants);
        int to = (int) (units * (participant + 1) / participants);
        if (from < to) {
            layers[layer].run(kernel, weights, activations, scratch + participant * scratchFloats, from, to);
        }
    }

    @Override
    public void assist(int participant) {
        int seen = joined;
        while (true) {
            int now = step;
            for (int spins = 0; now == seen; spins++) {
                pause(spins);
                now = step;
            }
            seen = now;
            int layer = published;
            if (layer == END) {
                pending.decrementAndGet();
                return;
            }
            try {
                part(layer, participant);
            } catch (RuntimeException | Error e) {
                failure = e;
            } finally {
                pending.decrementAndGet();
            }
        }
    }

    private static void pause(int spins) {
        if (spins < SPINS_BEFORE_YIELD) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }
}
