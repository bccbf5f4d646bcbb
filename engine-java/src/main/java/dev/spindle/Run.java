package dev.spindle;

import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Memory;
import dev.spindle.plan.Outputs;
import dev.spindle.plan.Plan;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Runs the layers of a plan one after another, each split among the caller and the helpers that it got. A layer's units
 * are cut into as many equal chunks as there are participants, and a barrier stands between layers. Each participant
 * starts with a chunk of its own and goes on with those that nobody has claimed: a helper that gets no processor holds
 * nobody up. Reused from call to call.
 *
 * <p>One image goes through all layers in the session's memory. Several go through {@link #body} there one by one, each
 * leaves the map that {@link Outputs.Tail} reads in a memory of its own, and {@link #tail} takes them all on.
 */
final class Run implements WorkerPool.Call {

    /** Rounds of a spin wait before the waiter gives its processor away: it may be what the others wait for. */
    private static final int SPINS_BEFORE_YIELD = 20_000;

    /** Low bits of a ticket: the number of chunks. */
    private static final int CHUNK_BITS = 16;

    private static final int CHUNK_MASK = (1 << CHUNK_BITS) - 1;

    private final Kernel kernel;
    private final Layer[] layers;
    private final Memory weights;
    /** Null where no layers take images of a batch together. */
    private final Outputs.Tail tail;
    private final Memory activations;
    /** Where the images of a batch end up, each in one. */
    private final Memory[] places;
    private final int scratch;
    private final int scratchLength;

    private final WorkerPool.Worker[] helpers = new WorkerPool.Worker[WorkerPool.SIZE];
    private int participants;
    /** The published step's number, and below it the number of its chunks: 0 where helpers are to leave. */
    private volatile long ticket;
    /** Images that go through a layer together, each in its place; 0 for one image in the session's memory. */
    private int together;
    /** The layer of the published step. */
    private int published;

    /** For each chunk the last ticket that claimed it. Tickets only grow, and a step ends with all its chunks claimed. */
    private final AtomicLongArray claims = new AtomicLongArray(1 + WorkerPool.SIZE);
    /** Chunks of the published step that are not finished. */
    private final AtomicInteger pending = new AtomicInteger();
    private volatile Throwable failure;

    /**
     * @param activations a session's memory; behind {@link Plan#activationLength} it has {@link Plan#scratchLength} for
     *     each participant that {@link #begin} may bring together
     * @param places memory of {@link Outputs.Tail#length} for each image that {@link #tail} may take together
     */
    Run(Kernel kernel, Plan plan, Memory activations, Memory[] places) {
        this.kernel = kernel;
        this.layers = plan.layers().toArray(Layer[]::new);
        this.weights = plan.weights();
        this.tail = plan.tail().orElse(null);
        this.activations = activations;
        this.places = places;
        this.scratch = plan.layout().origin() + plan.activationLength();
        this.scratchLength = plan.scratchLength();
    }

    /** Enlists up to {@code threads - 1} helpers; {@link #end} lets them go. */
    void begin(int threads) {
        failure = null;
        participants = 1;
        if (threads > 1) {
            publish(1, true);
            participants += WorkerPool.shared().enlist(this, threads - 1, helpers);
            if (participants == 1) {
                publish(0, true);
            }
        }
    }

    /** All layers, for one image. */
    void all() {
        first(layers.length);
    }

    /** The first layers, for one image. */
    void first(int count) {
        together = 0;
        layers(0, count);
    }

    /** The layers before the tail, for one image, whose map goes to a place. */
    void body(int place) {
        first(tail.from());
        activations.copyTo(places[place], tail.input(), tail.inputLength());
    }

    /** The last layers, for the images in the first places. */
    void tail(int images) {
        together = images;
        layers(tail.from(), layers.length);
    }

    /** One layer, for one image that has been through those before it. */
    void layer(int index) {
        together = 0;
        layers(index, index + 1);
    }

    private void layers(int from, int to) {
        for (int i = from; i < to; i++) {
            if (participants == 1 || layers[i].units() == 1) {
                compute(layers[i], scratch, 0, layers[i].units());
            } else {
                split(i);
            }
        }
    }

    private void split(int layer) {
        pending.set(participants);
        published = layer;
        publish(participants, false);
        work(ticket, 0);
        for (int spins = 0; pending.get() > 0; spins++) {
            pause(spins);
        }
        Throwable thrown = failure;
        if (thrown != null) {
            throw new IllegalStateException(layers[layer].name() + " failed", thrown);
        }
    }

    /** Lets the helpers go; those that have not noticed yet find nothing to claim. */
    void end() {
        if (participants > 1) {
            publish(0, true);
            WorkerPool.shared().release(helpers, participants - 1);
            participants = 1;
        }
    }

    /** Publishes a step; one without work has its chunks claimed from the start. */
    private void publish(int chunks, boolean withoutWork) {
        long next = ((ticket >> CHUNK_BITS) + 1 << CHUNK_BITS) + chunks;
        if (withoutWork) {
            claims.set(0, next);
        }
        ticket = next;
    }

    /** Computes chunks of a step as long as there are some that nobody has claimed. */
    private void work(long now, int participant) {
        int chunks = (int) now & CHUNK_MASK;
        for (int i = 0; i < chunks; i++) {
            int chunk = (participant + i) % chunks;
            long last = claims.get(chunk);
            if (last < now && claims.compareAndSet(chunk, last, now)) {
                try {
                    chunk(layers[published], chunk, chunks);
                } catch (RuntimeException | Error e) {
                    failure = e;
                } finally {
                    pending.decrementAndGet();
                }
            }
        }
    }

    private void chunk(Layer layer, int chunk, int chunks) {
        long units = layer.units();
        int from = (int) (units * chunk / chunks);
        int to = (int) (units * (chunk + 1) / chunks);
        if (from < to) {
            compute(layer, scratch + chunk * scratchLength, from, to);
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
        for (long now = ticket; (now & CHUNK_MASK) != 0; ) {
            work(now, participant);
            long seen = now;
            for (int spins = 0; now == seen; spins++) {
                pause(spins);
                now = ticket;
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
