package dev.spindle.bench;

import dev.spindle.kernel.Layer;
import dev.spindle.plan.Fusion;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * MobileNetV2 layer after layer on one thread, with the time of each: caches are what they are in real calls, and one
 * JVM has compiled what all layers share, as in real ones. {@link Readings} hands over the times: microseconds of every
 * distinct shape without fusion, or of every block as it is planned. The score is that of the whole network.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 5, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 10, time = 1)
@State(Scope.Thread)
public class ProfileBenchmark {

    /** Width multiplier. */
    @Param("1.0")
    public double width;

    /** Pixels a side. */
    @Param("224")
    public int resolution;

    /** NEVER: layers by shape. AUTO: blocks, fused where the planner does. */
    @Param({"NEVER", "AUTO"})
    public Fusion fusion;

    /** A {@link Contestant}: one of Spindle's backends, perhaps in integers. */
    @Param("scalar")
    public String backend;

    private LayerRun run;
    private Layer[] layers;
    private List<LayerGroup> groups;
    /** By layer; the number of groups where it belongs to none. */
    private int[] group;
    private long[] nanos;

    @Setup
    public void open() {
        Workload workload = Workload.mobileNetV2(width, resolution, 1, 1);
        run = new LayerRun(workload, backend, fusion);
        Workload.requireName(run.backend(), backend);
        try (LayerRun reference = new LayerRun(workload, Contestant.of(backend).reference().toString(), Fusion.NEVER)) {
            run.requireAgreement(reference);
        }
        layers = run.layers().toArray(Layer[]::new);
        groups = LayerGroup.of(run, fusion);
        group = new int[layers.length];
        for (int i = 0; i < layers.length; i++) {
            while (group[i] < groups.size() && !groups.get(group[i]).layers().contains(layers[i])) {
                group[i]++;
            }
        }
        nanos = new long[groups.size() + 1];
    }

    @Benchmark
    public void call() {
        Arrays.fill(nanos, 0);
        long start = System.nanoTime();
        for (int i = 0; i < layers.length; i++) {
            run.run(layers[i]);
            long end = System.nanoTime();
            nanos[group[i]] += end - start;
            start = end;
        }
        for (int i = 0; i < groups.size(); i++) {
            Readings.note(groups.get(i).label(), "us", nanos[i] * 1e-3 / groups.get(i).count());
        }
    }

    @TearDown
    public void close() {
        run.close();
    }
}
