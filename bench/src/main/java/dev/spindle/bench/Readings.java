package dev.spindle.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;
import org.openjdk.jmh.util.ListStatistics;

/**
 * Hands what a benchmark reads on clocks of its own to JMH: of each label the median of an iteration, as a secondary
 * result. Adds how busy others kept the machine meanwhile.
 */
public final class Readings implements InternalProfiler {

    /** The label under which the share of {@link OtherLoad} stands, 0 to 1. */
    static final String OTHERS = "others";

    /** Of the benchmark that runs in this JVM: JMH makes the profiler and tells it nothing of a benchmark's state. */
    private static final Map<String, Series> NOTED = new LinkedHashMap<>();

    private final OtherLoad others = new OtherLoad();

    private record Series(String unit, ListStatistics values) {}

    /** For JMH. */
    public Readings() {}

    /** Adds one reading. */
    static void note(String label, String unit, double value) {
        synchronized (NOTED) {
            NOTED.computeIfAbsent(label, absent -> new Series(unit, new ListStatistics())).values.addValue(value);
        }
    }

    @Override
    public String getDescription() {
        return "what the benchmark reads itself";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        synchronized (NOTED) {
            NOTED.clear();
        }
        others.share();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        List<ScalarResult> results = new ArrayList<>();
        double share = others.share();
        if (!Double.isNaN(share)) {
            results.add(new ScalarResult(OTHERS, share, "share", AggregationPolicy.AVG));
        }
        synchronized (NOTED) {
            NOTED.forEach((label, series) -> results.add(new ScalarResult(
                    label, series.values.getPercentile(50), series.unit, AggregationPolicy.AVG)));
        }
        return results;
    }
}
