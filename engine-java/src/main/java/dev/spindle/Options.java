package dev.spindle;

import dev.spindle.kernel.Kernels;
import java.util.Objects;

/**
 * How a model is loaded.
 *
 * @param backend a backend's name, or {@code auto}
 * @param threads how many threads a call of the model itself uses, and what a new session
 *     starts with; at least 1
 */
public record Options(String backend, int threads) {

    /** The backend that the registry prefers, one thread a call. */
    public static final Options DEFAULT = new Options(Kernels.AUTO, 1);

    /** Checks the fields. */
    public Options {
        Objects.requireNonNull(backend, "backend");
        if (threads < 1) {
            throw new IllegalArgumentException(threads + " threads, expected at least 1");
        }
    }

    /** The same with another backend. */
    public Options withBackend(String name) {
        return new Options(name, threads);
    }

    /** The same with another number of threads a call. */
    public Options withThreads(int count) {
        return new Options(backend, count);
    }
}
