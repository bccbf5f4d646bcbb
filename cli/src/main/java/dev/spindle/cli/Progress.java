package dev.spindle.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;

/** One line on standard error that is written again and again; none where nobody looks at a terminal. */
final class Progress implements AutoCloseable {

    private static final long INTERVAL_NANOS = Duration.ofMillis(200).toNanos();

    private final PrintWriter err;
    private final boolean shown;
    private int width;
    private long last = System.nanoTime() - INTERVAL_NANOS;

    Progress(PrintWriter err) {
        this(err, isTerminal());
    }

    Progress(PrintWriter err, boolean shown) {
        this.err = err;
        this.shown = shown;
    }

    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** Shows how far it is, unless it has just done so. */
    void show(String state) {
        if (shown && System.nanoTime() - last >= INTERVAL_NANOS) {
            last = System.nanoTime();
            write(Text.line(state));
        }
    }

    /** Removes the line, so that something else can be written; the next state is shown at once. */
    void clear() {
        if (width > 0) {
            write("");
            err.print('\r');
            err.flush();
            last = System.nanoTime() - INTERVAL_NANOS;
        }
    }

    @Override
    public void close() {
        clear();
    }

    private void write(String line) {
        err.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
        err.flush();
        width = line.length();
    }
}
