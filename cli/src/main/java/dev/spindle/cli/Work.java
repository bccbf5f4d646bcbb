package dev.spindle.cli;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;

/** Shows how much of some work is done, and how long the rest takes at the same speed. */
final class Work implements AutoCloseable {

    private final Progress progress;
    private final int steps;
    private final long start = System.nanoTime();
    private int done;

    /**
     * Starts.
     *
     * @param err standard error
     * @param steps about as long as each other
     */
    Work(PrintWriter err, int steps) {
        this(new Progress(err), steps);
    }

    Work(Progress progress, int steps) {
        this.progress = progress;
        this.steps = steps;
    }

    /** One more step is done. */
    void done() {
        done++;
        double seconds = (System.nanoTime() - start) / (double) TimeUnit.SECONDS.toNanos(1);
        progress.show(Text.format(
                "%d %%, about %,.0f s left", 100L * done / steps, Math.ceil(seconds / done * Math.max(0, steps - done))));
    }

    /** Removes the line, so that something else can be written. */
    void clear() {
        progress.clear();
    }

    @Override
    public void close() {
        progress.close();
    }
}
