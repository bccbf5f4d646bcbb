package dev.spindle.bench;

import java.util.ArrayList;
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
 * Whole networks on several implementations in turn: a call is one round of a {@link Comparison}, and {@link Readings}
 * hands over the median milliseconds of each peer's burst, so that ratios are those of neighbours. The score, the time
 * of a round, says nothing. Peers are warm when the first round starts.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 5, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 0)
@Measurement(iterations = 40)
@State(Scope.Thread)
public class PeersBenchmark {

    /** Width multiplier. */
    @Param("1.0")
    public double width;

    /** Pixels a side. */
    @Param("224")
    public int resolution;

    /** Images a call. */
    @Param("1")
    public int batch;

    /** Threads a call. */
    @Param("1")
    public int threads;

    /** {@code onnxruntime} and {@link Contestant}s, with + between them. */
    @Param("onnxruntime+scalar")
    public String peers;

    /** Seconds before the first round, for each peer that the JVM compiles. */
    @Param("10")
    public double warmup;

    private final List<Peer> opened = new ArrayList<>();
    private boolean backwards;

    @Setup
    public void open() {
        Workload workload = Workload.mobileNetV2(width, resolution, batch, threads);
        for (String name : peers.split("\\+")) {
            opened.add(workload.open(name));
        }
        for (Peer peer : opened) {
            Comparison.warmUp(peer, warmup);
        }
    }

    @Benchmark
    public void round() {
        double[] medians = Comparison.round(opened, backwards).stream().mapToDouble(burst -> burst.getPercentile(50)).toArray();
        for (int i = 0; i < medians.length; i++) {
            Readings.note(opened.get(i).name(), "ms", medians[i]);
        }
        backwards = !backwards;
    }

    @TearDown
    public void close() {
        opened.forEach(Peer::close);
        opened.clear();
    }
}
