package dev.spindle.bench;

import dev.spindle.Warmup;
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

/**
 * The first calls of a JVM, each an iteration, as soon as the model is loaded: nothing has run before. The score of an
 * iteration is the time of one call.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 5, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@org.openjdk.jmh.annotations.Warmup(iterations = 0)
@Measurement(iterations = 1000)
@State(Scope.Thread)
public class FirstCallsBenchmark {

    /** Width multiplier. */
    @Param("1.0")
    public double width;

    /** Pixels a side. */
    @Param("224")
    public int resolution;

    /** {@code onnxruntime}, a {@link Contestant}, or {@code auto}. */
    @Param("auto")
    public String backend;

    /** What the model does about its first calls. */
    @Param("BACKGROUND")
    public Warmup warmup;

    private Peer peer;

    @Setup
    public void open() {
        Workload workload = Workload.mobileNetV2(width, resolution, 1, 1);
        peer = backend.equals(OnnxRuntimePeer.NAME)
                ? new OnnxRuntimePeer(workload)
                : new SpindlePeer(workload, Contestant.of(backend), warmup);
        peer.load(workload.input());
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
