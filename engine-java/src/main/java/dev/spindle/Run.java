package dev.spindle;

import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Memory;
import dev.spindle.plan.Plan;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs the layers of a plan one after another, each split among the caller and the helpers that it got. A layer's units
 * are cut into as many equal runs as there are participants; a barrier stands between layers. Reused from call to call.
 *
 * <p>One image goes through all layers in the session's memory. Several go through {@link #body} there one by one, each
 * leaves the map that {@link Plan.Tail} reads in a memory of its own, and {@link #tail} takes them all on.
 */
final class Run implements WorkerPool.Call {

    /** Rounds of a spin wait before the waiter gives its processor away: it may be what the others wait for. */
    private static final int SPINS_BEFORE_YIELD = 20_000;

    private static final int END = -1;

    private final Kernel kernel;
    private final Layer[] layers;
    private final Memory weights;
    private final Plan.Tail tail;
    private final Memory activations;
    /** Where the images of a batch end up, each in one. */
    private final Memory[] places;
    private final float[] carried;
    private final int scratch;
    private final int scratchFloats;

    private final WorkerPool.Worker[] helpers = new WorkerPool.Worker[WorkerPool.SIZE];
    private int participants;
    /** The step that stood when helpers were told: they take part in every later one. */
    private int joined;
    /** Counts published steps; helpers wait for it to change. */
    private volatile int step;
    /** Images that go through a layer together, each in its place; 0 for one image in the session's memory. */
    private int together;
    /** The layer of the published step, or {@link #END}. */
    private int published;

    private final AtomicInteger pending = new AtomicInteger();
    private volatile Throwable failure;

    /**
     * @param activations a session's memory; behind {@link Plan#activationFloats} it has {@link Plan#scratchFloats} for
     *     each participant that {@link #begin} may bring together
     * @param places memory of {@link Plan.Tail#floats} for each image that {@link #tail} may take together
     */
    Run(Kernel kernel, Plan plan, Memory activations, Memory[] places) {
        this.kernel = kernel;
        this.layers = plan.layers().toArray(Layer[]::new);
        this.weights = plan.weights();
        this.tail = plan.tail();
        this.activations = activations;
        this.places = places;
        this.carried = new float[places.length == 0 ? 0 : tail.inputFloats()];
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

    /** All layers, for one image. */
    void all() {
        together = 0;
        layers(0, layers.length);
    }

    /** The layers before the tail, for one image, whose map goes to a place. */
    void body(int place) {
        together = 0;
        layers(0, tail.from());
        activations.read(tail.input(), carried, 0, carried.length);
        places[place].write(tail.input(), carried, 0, carried.length);
    }

    /** The last layers, for the images in the first places. */
    void tail(int images) {
        together = images;
        layers(tail.from(), layers.length);
    }

    private void layers(int from, int to) {
        for (int i = from; i < to; i++) {
            if (participants == 1 || layers[i].units() == 1) {
                compute(layers[i], scratch, 0, layers[i].units());
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
            compute(layers[layer], scratch + participant * scratchFloats, from, to);
        }
    }

    private void compute(Layer layer, int scratchOffset, int from, int to) {
        if (together == 0) {
            layer.run(kernel, weights, activations, scratchOffset, from, to);
            return;
        }
        for (int unit = from; unit < to; ) {
            int end = Math.min(to, layer.panelEnd(unit));
            for (int place = 0; place < together; place++) {
                layer.run(kernel, weights, places[place], scratchOffset, unit, end);
            }
            unit = end;
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
