package dev.spindle.bench;

import dev.spindle.kernel.Layer;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.Fusion;
import java.util.List;
import java.util.Optional;
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
 * Depthwise convolutions of segmentation at 513x513, dilated and, on maps of the same size, not: at output strides of 16 and 8.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 5, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 3, time = 1)
@State(Scope.Thread)
public class DilationBenchmark {

    /** Side, channels and dilation. */
    @Param({"33x960 d1", "33x960 d2", "65x384 d1", "65x384 d2", "65x960 d1", "65x960 d4"})
    public String shape;

    /** A {@link Contestant}: one of Spindle's backends, perhaps in integers. */
    @Param("scalar")
    public String backend;

    private LayerRun run;
    private Layer prepared;

    /** A network with one such layer. */
    static Network network(String shape) {
        String[] parts = shape.split("x| d");
        int side = Integer.parseInt(parts[0]);
        int channels = Integer.parseInt(parts[1]);
        Conv depthwise =
                Conv.depthwise("block1.depthwise", channels, 1, Integer.parseInt(parts[2]), Activation.RELU6);
        InvertedResidual block = new InvertedResidual(
                "block1", Optional.of(Conv.pointwise("block1.expand", 16, channels, Activation.RELU6)), depthwise,
                Conv.pointwise("block1.project", channels, 16, Activation.LINEAR), false);
        return new Network(
                "one block", 2 * side, 2 * side, Padding.SAME, Conv.full("stem", 3, 16, 3, 2, Activation.RELU6),
                List.of(block), Optional.empty(), 2);
    }

    @Setup
    public void open() {
        Workload workload = Workload.random(network(shape), 1, 1);
        run = new LayerRun(workload, backend, Fusion.NEVER);
        Workload.requireName(run.backend(), backend);
        prepared = run.prepare(label(run));
        Gflops.perCall(2.0 * prepared.macs());
        try (LayerRun reference = new LayerRun(workload, Contestant.of(backend).reference().toString(), Fusion.NEVER)) {
            Layer expected = reference.prepare(label(reference));
            reference.run(expected);
            run.run(prepared);
            Agreement.require(backend + ": " + shape, run.output(prepared), reference.output(expected));
        }
    }

    private static String label(LayerRun run) {
        return run.layers().stream()
                .map(run::label)
                .filter(label -> label.startsWith("block1.depthwise"))
                .findFirst()
                .orElseThrow();
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
