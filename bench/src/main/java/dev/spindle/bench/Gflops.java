package dev.spindle.bench;

import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Adds GFLOP/s to the average time of a call: {@code -prof dev.spindle.bench.Gflops}. A multiply-accumulate counts as
 * two operations.
 */
public final class Gflops implements InternalProfiler {

    /** Of the benchmark that runs in this JVM: JMH makes the profiler and tells it nothing of a benchmark's state. */
    private static volatile double flopsPerCall;

    /** For JMH. */
    public Gflops() {}

    /** A benchmark says in its set-up how much a call computes. */
    static void perCall(double flops) {
        flopsPerCall = flops;
    }

    @Override
    public String getDescription() {
        return "GFLOP/s";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        // The time of a call is all it takes.
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        if (benchmark.getMode() != Mode.AverageTime) {
            return List.of();
        }
        double nanos = result.getPrimaryResult().getScore() * benchmark.getTimeUnit().toNanos(1);
        return List.of(new ScalarResult("gflops", flopsPerCall / nanos, "GFLOP/s", AggregationPolicy.AVG));
    }
}
