package dev.spindle;

import dev.spindle.kernel.Kernels;
import dev.spindle.plan.Fusion;
import java.util.List;
import java.util.Objects;

/**
 * How a model is loaded.
 *
 * @param backend a backend's name, or {@code auto}
 * @param threads how many threads a call of the model itself uses, and what a new session
 *     starts with; at least 1
 * @param fusion which blocks are fused; without any, {@link Session#trace} shows every layer
 * @param precision the numbers to compute with
 * @param maps what {@link Session#features} gives, by the names that {@link dev.spindle.network.MapNames} lists; blocks that
 *     have one of them inside are not fused
 * @param warmup what is done about the time that the JVM needs to compile the backend
 */
public record Options(
        String backend, int threads, Fusion fusion, Precision precision, List<String> maps, Warmup warmup) {

    /** The backend that the registry prefers, one thread a call. */
    public static final Options DEFAULT = new Options(Kernels.AUTO, 1);

    /** Checks the fields. */
    public Options {
        Objects.requireNonNull(backend, "backend");
        Objects.requireNonNull(fusion, "fusion");
        Objects.requireNonNull(precision, "precision");
        maps = List.copyOf(maps);
        Objects.requireNonNull(warmup, "warmup");
        if (threads < 1) {
            throw new IllegalArgumentException(threads + " threads, expected at least 1");
        }
    }

    /** Fuses what is faster fused, computes a quantised file in integers, and warms up in the background. */
    public Options(String backend, int threads) {
        this(backend, threads, Fusion.AUTO, Precision.AUTO, List.of(), Warmup.BACKGROUND);
    }

    /** The same with another backend. */
    public Options withBackend(String name) {
        return new Options(name, threads, fusion, precision, maps, warmup);
    }

    /** The same with another number of threads a call. */
    public Options withThreads(int count) {
        return new Options(backend, count, fusion, precision, maps, warmup);
    }

    /** The same with another say in which blocks are fused. */
    public Options withFusion(Fusion which) {
        return new Options(backend, threads, which, precision, maps, warmup);
    }

    /** The same with other numbers to compute with. */
    public Options withPrecision(Precision which) {
        return new Options(backend, threads, fusion, which, maps, warmup);
    }

    /** The same with other maps that sessions give. */
    public Options withMaps(String... names) {
        return new Options(backend, threads, fusion, precision, List.of(names), warmup);
    }

    /** The same with another way to warm up. */
    public Options withWarmup(Warmup how) {
        return new Options(backend, threads, fusion, precision, maps, how);
    }
}
