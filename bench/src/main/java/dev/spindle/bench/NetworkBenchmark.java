package dev.spindle.bench;

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
 * Whole networks: MobileNetV2 with 1000 classes and random weights. The default backends are those that run everywhere.
 * {@link Gflops} adds the rate:
 *
 * <pre>{@code java -cp bench/target/spindle-bench.jar org.openjdk.jmh.Main NetworkBenchmark \
 *     -p backend=onnxruntime,vector-256 -p width=1.0 -p resolution=224 -prof dev.spindle.bench.Gflops}</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 5, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class NetworkBenchmark {

    /** Width multiplier. */
    @Param({"0.35", "1.0", "1.4"})
    public double width;

    /** Pixels a side. */
    @Param({"96", "224"})
    public int resolution;

    /** Images a call. */
    @Param("1")
    public int batch;

    /** Threads a call. */
    @Param("1")
    public int threads;

    /** {@code onnxruntime}, or a {@link Contestant}: one of Spindle's backends, perhaps in integers. */
    @Param({"onnxruntime", "scalar"})
    public String backend;

    private Peer peer;

    @Setup
    public void open() {
        Workload workload = Workload.mobileNetV2(width, resolution, batch, threads);
        peer = workload.open(backend);
        Gflops.perCall(workload.flops());
    }

    @Benchmark
    public void call() {
        peer.run();
    }

    @TearDown
    public void close() {
        peer.close();
    }
}
