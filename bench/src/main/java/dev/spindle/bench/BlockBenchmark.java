package dev.spindle.bench;

import dev.spindle.kernel.Layer;
import dev.spindle.plan.Fusion;
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
 * Every block of MobileNetV2 1.0 at 224x224, alone, with warm caches, on one thread; the first together with the stem.
 * {@code -p fusion=NEVER,ALWAYS} holds the two ways against each other:
 *
 * <pre>{@code java -cp bench/target/spindle-bench.jar org.openjdk.jmh.Main BlockBenchmark \
 *     -p backend=vector-256 -p fusion=NEVER,ALWAYS -prof dev.spindle.bench.Gflops}</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 5, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 3, time = 1)
@State(Scope.Thread)
public class BlockBenchmark {

    /** The block's name. */
    @Param({
        "stem+block1", "block2", "block3", "block4", "block5", "block6", "block7", "block8", "block9", "block10",
        "block11", "block12", "block13", "block14", "block15", "block16", "block17"
    })
    public String block;

    /** Which blocks are fused. */
    @Param("AUTO")
    public Fusion fusion;

    /** A {@link Contestant}: one of Spindle's backends, perhaps in integers. */
    @Param("scalar")
    public String backend;

    private LayerRun run;
    private Layer[] layers;

    @Setup
    public void open() {
        open(LayerBenchmark.workload());
    }

    void open(Workload workload) {
        run = new LayerRun(workload, backend, fusion);
        Workload.requireName(run.backend(), backend);
        List<LayerGroup> blocks = LayerGroup.byBlock(run);
        LayerGroup wanted = blocks.stream().filter(group -> group.name().equals(block)).findFirst().orElseThrow(
                () -> new IllegalArgumentException(
                        "no block " + block + ", expected one of " + blocks.stream().map(LayerGroup::name).toList()));
        Gflops.perCall(wanted.flops());
        layers = wanted.layers().toArray(Layer[]::new);
        run.prepare(run.label(layers[0]));
        call();
        try (LayerRun reference = new LayerRun(workload, Contestant.of(backend).reference().toString(), Fusion.NEVER)) {
            Layer expected = reference.prepareOutputOf(layers[layers.length - 1]);
            Agreement.require(
                    backend + ": " + block, run.output(layers[layers.length - 1]), reference.output(expected));
        }
    }

    @Benchmark
    public void call() {
        for (Layer layer : layers) {
            run.run(layer);
        }
    }

    @TearDown
    public void close() {
        run.close();
    }
}
