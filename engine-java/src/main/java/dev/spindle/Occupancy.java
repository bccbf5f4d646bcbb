package dev.spindle;

import java.util.concurrent.atomic.AtomicReference;

/** Sees to it that a session serves one thread at a time, and that what it holds is freed once, when nobody uses it. */
final class Occupancy {

    private enum State {
        IDLE,
        RUNNING,
        /** Running, and closed as soon as the run ends. */
        CLOSING,
        CLOSED
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);
    private final Runnable free;

    /** @param free called once, after {@link #close} and the end of the run that may be under way then */
    Occupancy(Runnable free) {
        this.free = free;
    }

    /** Begins a run. */
    void enter() {
        if (!state.compareAndSet(State.IDLE, State.RUNNING)) {
            throw new IllegalStateException(
                    state.get() == State.RUNNING
                            ? "the session is running on another thread; open one session a thread"
                            : "the session is closed");
        }
    }

    /** Ends a run. */
    void leave() {
        if (!state.compareAndSet(State.RUNNING, State.IDLE)) {
            state.set(State.CLOSED);
            free.run();
        }
    }

    /** No run begins any more; idempotent. */
    void close() {
        if (state.compareAndSet(State.IDLE, State.CLOSED)) {
            free.run();
        } else if (!state.compareAndSet(State.RUNNING, State.CLOSING) && state.compareAndSet(State.IDLE, State.CLOSED)) {
            // The run ended between the two looks.
            free.run();
        }
    }
}
