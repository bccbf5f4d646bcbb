package dev.spindle.bench;

import dev.spindle.kernel.Layer;
import dev.spindle.plan.Fusion;
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
 * Every distinct layer of MobileNetV2 1.0 at 224x224, alone, not fused, with warm caches, on one thread. The default backend is
 * the one that runs everywhere. {@link Gflops} adds the rate:
 *
 * <pre>{@code java -cp bench/target/spindle-bench.jar org.openjdk.jmh.Main LayerBenchmark \
 *     -p backend=vector-256 -prof dev.spindle.bench.Gflops}</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 5, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 3, time = 1)
@State(Scope.Thread)
public class LayerBenchmark {

    /** Name and shape M.K.N: pixels, elements of a sum, channels; the first layer of each shape. */
    @Param({
        "stem 12544.27.32",
        "block1.depthwise 12544.9.32 s1",
        "block1.project 12544.32.16",
        "block2.expand 12544.16.96",
        "block2.depthwise 3136.9.96 s2",
        "block2.project 3136.96.24",
        "block3.expand 3136.24.144",
        "block3.depthwise 3136.9.144 s1",
        "block3.project 3136.144.24",
        "block4.depthwise 784.9.144 s2",
        "block4.project 784.144.32",
        "block5.expand 784.32.192",
        "block5.depthwise 784.9.192 s1",
        "block5.project 784.192.32",
        "block7.depthwise 196.9.192 s2",
        "block7.project 196.192.64",
        "block8.expand 196.64.384",
        "block8.depthwise 196.9.384 s1",
        "block8.project 196.384.64",
        "block11.project 196.384.96",
        "block12.expand 196.96.576",
        "block12.depthwise 196.9.576 s1",
        "block12.project 196.576.96",
        "block14.depthwise 49.9.576 s2",
        "block14.project 49.576.160",
        "block15.expand 49.160.960",
        "block15.depthwise 49.9.960 s1",
        "block15.project 49.960.160",
        "block17.project 49.960.320",
        "head 49.320.1280",
        "pool 1.49.1280",
        "classifier 1.1280.1000"
    })
    public String layer;

    /** A {@link Contestant}: one of Spindle's backends, perhaps in integers. */
    @Param("scalar")
    public String backend;

    private LayerRun run;
    private Layer prepared;

    static Workload workload() {
        return Workload.mobileNetV2(1.0, 224, 1, 1);
    }

    @Setup
    public void open() {
        open(workload());
    }

    void open(Workload workload) {
        run = new LayerRun(workload, backend, Fusion.NEVER);
        Workload.requireName(run.backend(), backend);
        prepared = run.prepare(layer);
        Gflops.perCall(2.0 * prepared.macs());
        try (LayerRun reference = new LayerRun(workload, Contestant.of(backend).reference().toString(), Fusion.NEVER)) {
            Layer expected = reference.prepare(layer);
            reference.run(expected);
            run.run(prepared);
            Agreement.require(backend + ": " + layer, run.output(prepared), reference.output(expected));
        }
    }

    @Benchmark
    public void call() {
        run.run(prepared);
    }

    @TearDown
    public void close() {
        run.close();
    }
}
