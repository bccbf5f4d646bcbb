package dev.spindle;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * The process's persistent helpers, one a processor but for the caller's own, daemons. A call enlists those that are
 * idle; while it runs they spin between its layers, afterwards they spin a little longer for the next call, then park.
 */
final class WorkerPool {

    /** What helpers do: take part until the call ends. */
    interface Call {
        /**
         * Takes part until the call ends; returns at once where it has ended already.
         *
         * @param participant from 1; the caller is 0
         */
        void assist(int participant);
    }

    /** How long an idle helper spins before it parks: longer than the pause between two calls of a busy caller. */
    private static final long IDLE_SPIN_NANOS = 50_000;

    /** The most helpers that a call can get. */
    static final int SIZE = Runtime.getRuntime().availableProcessors() - 1;

    /** Loaded by the first call that wants helpers: a process of one-thread calls starts none. */
    private static final class Shared {
        private static final WorkerPool POOL = new WorkerPool(SIZE);
    }

    private final Worker[] idle;
    private int idleCount;

    private WorkerPool(int size) {
        idle = new Worker[size];
        for (int i = 0; i < size; i++) {
            Worker worker = new Worker(i + 1);
            idle[idleCount++] = worker;
            worker.start();
        }
    }

    /** The pool, started on first use. */
    static WorkerPool shared() {
        return Shared.POOL;
    }

    /**
     * Puts idle helpers to work on a call, as participants 1 and up. They come when they get a processor.
     *
     * @param call what they take part in
     * @param wanted how many at most
     * @param into where they are written, from index 0
     * @return how many it got, which may be none
     */
    int enlist(Call call, int wanted, Worker[] into) {
        synchronized (idle) {
            int count = Math.min(wanted, idleCount);
            for (int i = 0; i < count; i++) {
                into[i] = idle[--idleCount];
                into[i].assign(call, i + 1);
            }
            return count;
        }
    }

    /** Gives helpers back once their call has ended, whether each has noticed or not. */
    void release(Worker[] helpers, int count) {
        synchronized (idle) {
            for (int i = 0; i < count; i++) {
                idle[idleCount++] = helpers[i];
            }
        }
    }

    /** One helper. */
    static final class Worker extends Thread {
        private volatile int participant;
        private final AtomicReference<Call> assigned = new AtomicReference<>();

        Worker(int number) {
            super("spindle-worker-" + number);
            setDaemon(true);
        }

        private void assign(Call call, int newParticipant) {
            participant = newParticipant;
            assigned.set(call);
            LockSupport.unpark(this);
        }

        @Override
        public void run() {
            while (true) {
                await().assist(participant);
            }
        }

        private Call await() {
            long deadline = System.nanoTime() + IDLE_SPIN_NANOS;
            while (true) {
                Call next = assigned.get() == null ? null : assigned.getAndSet(null);
                if (next != null) {
                    return next;
                }
                if (System.nanoTime() < deadline) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
        }
    }
}
