package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.spindle.kernel.Layer;
import dev.spindle.plan.Fusion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs every benchmark's body; their set-up checks what comes out. */
class BenchmarksTest {

    @TestFactory
    Stream<DynamicTest> networks() {
        return Stream.concat(Stream.of(OnnxRuntimePeer.NAME), TestWorkloads.contestants().stream())
                .map(backend -> dynamicTest(backend, () -> {
                    NetworkBenchmark benchmark = new NetworkBenchmark();
                    benchmark.width = 0.35;
                    benchmark.resolution = 32;
                    benchmark.batch = 2;
                    benchmark.threads = 2;
                    benchmark.backend = backend;
                    benchmark.open();
                    benchmark.call();
                    benchmark.close();
                }));
    }

    @TestFactory
    Stream<DynamicTest> layers() {
        Workload workload = TestWorkloads.tiny();
        return TestWorkloads.contestants().stream().flatMap(backend -> labels(workload).stream()
                .map(label -> dynamicTest(backend + ": " + label, () -> {
                    LayerBenchmark benchmark = new LayerBenchmark();
                    benchmark.layer = label;
                    benchmark.backend = backend;
                    benchmark.open(workload);
                    benchmark.call();
                    benchmark.close();
                })));
    }

    @TestFactory
    Stream<DynamicTest> dilatedLayers() {
        return TestWorkloads.contestants().stream().flatMap(backend -> Stream.of("9x17 d1", "9x17 d2", "18x5 d4")
                .map(shape -> dynamicTest(backend + ": " + shape, () -> {
                    DilationBenchmark benchmark = new DilationBenchmark();
                    benchmark.shape = shape;
                    benchmark.backend = backend;
                    benchmark.open();
                    benchmark.call();
                    benchmark.close();
                })));
    }

    @TestFactory
    Stream<DynamicTest> blocks() {
        Workload workload = TestWorkloads.tiny();
        return TestWorkloads.contestants().stream().flatMap(backend -> Stream.of(Fusion.NEVER, Fusion.ALWAYS)
                .flatMap(fusion -> blockNames(workload, fusion).stream()
                        .map(name -> dynamicTest(backend + " " + fusion + ": " + name, () -> {
                            BlockBenchmark benchmark = new BlockBenchmark();
                            benchmark.block = name;
                            benchmark.fusion = fusion;
                            benchmark.backend = backend;
                            benchmark.open(workload);
                            benchmark.call();
                            benchmark.close();
                        }))));
    }

    private static List<String> blockNames(Workload workload, Fusion fusion) {
        try (LayerRun run = new LayerRun(workload, "scalar", fusion)) {
            return LayerGroup.byBlock(run).stream().map(LayerGroup::name).toList();
        }
    }

    @Test
    void theBlocksOfTheBenchmarkAreThoseOfTheNetwork() throws NoSuchFieldException {
        Param listed = BlockBenchmark.class.getField("block").getAnnotation(Param.class);
        assertEquals(blockNames(LayerBenchmark.workload(), Fusion.AUTO), Arrays.asList(listed.value()));
    }

    @Test
    void anUnknownBlockIsRefused() {
        BlockBenchmark benchmark = new BlockBenchmark();
        benchmark.block = "block18";
        benchmark.fusion = Fusion.AUTO;
        benchmark.backend = "scalar";
        IllegalArgumentException thrown =
                assertThrows(IllegalArgumentException.class, () -> benchmark.open(TestWorkloads.tiny()));
        assertTrue(
                thrown.getMessage().startsWith("no block block18, expected one of [stem+block1, block2, "), thrown.getMessage());
    }

    @TestFactory
    Stream<DynamicTest> profiles() {
        return TestWorkloads.contestants().stream().flatMap(backend -> Stream.of(Fusion.values())
                .map(fusion -> dynamicTest(backend + " " + fusion, () -> {
                    ProfileBenchmark benchmark = new ProfileBenchmark();
                    benchmark.width = 0.35;
                    benchmark.resolution = 32;
                    benchmark.fusion = fusion;
                    benchmark.backend = backend;
                    benchmark.open();
                    benchmark.call();
                    benchmark.close();
                })));
    }

    @Test
    void peersInTurn() {
        PeersBenchmark benchmark = new PeersBenchmark();
        benchmark.width = 0.35;
        benchmark.resolution = 32;
        benchmark.batch = 1;
        benchmark.threads = 1;
        benchmark.peers = OnnxRuntimePeer.NAME + "+" + String.join("+", TestWorkloads.contestants());
        benchmark.warmup = 0;
        benchmark.open();
        benchmark.round();
        benchmark.round();
        benchmark.close();
    }

    private static List<String> labels(Workload workload) {
        try (LayerRun run = new LayerRun(workload, "scalar", Fusion.NEVER)) {
            return run.layers().stream().map(run::label).toList();
        }
    }

    @Test
    void theLayersOfTheBenchmarkAreTheDistinctOnesOfTheNetwork() throws NoSuchFieldException {
        Set<LayerShape> seen = new HashSet<>();
        List<String> distinct = new ArrayList<>();
        try (LayerRun run = new LayerRun(LayerBenchmark.workload(), "scalar", Fusion.NEVER)) {
            for (Layer layer : run.layers()) {
                if (seen.add(LayerShape.of(run.network(), layer))) {
                    distinct.add(run.label(layer));
                }
            }
        }
        Param listed = LayerBenchmark.class.getField("layer").getAnnotation(Param.class);
        assertEquals(String.join("\n", distinct), String.join("\n", Arrays.asList(listed.value())));
    }

    @Test
    void anUnknownLayerIsRefused() {
        LayerBenchmark benchmark = new LayerBenchmark();
        benchmark.layer = "block3.expand 1.2.3";
        benchmark.backend = "scalar";
        IllegalArgumentException thrown =
                assertThrows(IllegalArgumentException.class, () -> benchmark.open(TestWorkloads.tiny()));
        assertTrue(
                thrown.getMessage().startsWith("no layer block3.expand 1.2.3, expected one of [stem 256.27.16, "),
                thrown.getMessage());
    }

    @Test
    void jmhReportsTimeAndRate() throws RunnerException {
        Options options = new OptionsBuilder()
                .include(NetworkBenchmark.class.getName())
                .param("width", "0.35")
                .param("resolution", "32")
                .param("backend", OnnxRuntimePeer.NAME)
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(50))
                .addProfiler(Gflops.class)
                .verbosity(VerboseMode.SILENT)
                .build();
        RunResult result = new Runner(options).runSingle();
        Result<?> time = result.getPrimaryResult();
        Result<?> rate = result.getSecondaryResults().get("gflops");
        assertEquals("ms/op", time.getScoreUnit());
        assertEquals("GFLOP/s", rate.getScoreUnit());
        double flops = Workload.mobileNetV2(0.35, 32, 1, 1).flops();
        assertEquals(flops, rate.getScore() * time.getScore() * 1e6, flops * 1e-6);
    }
}
