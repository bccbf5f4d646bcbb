package dev.spindle.bench;

import dev.spindle.kernel.Kernels;
import dev.spindle.kernel.QuantisedKernel;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The most operations on bytes that one core does in a second: a backend's products of bytes, on registers alone. */
final class BytePeak {

    /** Enough for the other commands: nothing here waits for a compiler. */
    static final double SECONDS = 0.5;

    private static final int ROUNDS = 10_000;

    private BytePeak() {}

    /**
     * Measures.
     *
     * @param backend one that runs here
     * @param seconds how long
     * @return GOP/s of the fastest of many short stretches; 0 where the backend multiplies no bytes
     */
    static double gops(String backend, double seconds) {
        Optional<QuantisedKernel> kernel = Kernels.byName(backend).quantised();
        if (kernel.isEmpty()) {
            return 0;
        }
        double best = 0;
        long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
        double operations;
        do {
            long start = System.nanoTime();
            operations = kernel.get().products(ROUNDS);
            best = Math.max(best, operations / (System.nanoTime() - start));
        } while (operations > 0 && System.nanoTime() < end);
        return best;
    }

    /** What a contestant's rate is a share of: the peak of its products of bytes, or of multiply-adds where it makes none. */
    static double orElse(Contestant contestant, double fmaGflops) {
        double gops = contestant.isInt8() ? gops(contestant.backend(), SECONDS) : 0;
        return gops > 0 ? gops : fmaGflops;
    }

    static String line(String backend, double gops) {
        return String.format(Locale.ROOT, "Peak of products of bytes of one core, %s: %.1f GOP/s", backend, gops);
    }
}
