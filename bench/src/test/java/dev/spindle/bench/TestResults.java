package dev.spindle.bench;

import dev.spindle.bench.SuiteResult.LayerResult;
import dev.spindle.bench.SuiteResult.NetworkResult;
import dev.spindle.bench.SuiteResult.PeerResult;
import dev.spindle.plan.Fusion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Results that no machine had: times are seeded. */
final class TestResults {

    /** What a page must not take for its own. */
    static final String HOSTILE = "</script><script>window.broken = true</script><!-- @{data} $1";

    private static final List<String> MEASURED = List.of("native-avx2", "vector-256", "scalar");

    private static final List<String> RUNNERS =
            List.of("native-avx2", "vector-256", "scalar", "native-avx2:int8", "vector-256:int8");

    private TestResults() {}

    /** A result with layers and blocks of a small network, three backends that ran, and one that cannot. */
    static SuiteResult make(long seed) {
        Random random = new Random(seed);
        NetworkCase profiled = new NetworkCase(0.35, 32, 1, 1);
        List<SuiteResult.Backend> backends = new ArrayList<>();
        backends.add(new SuiteResult.Backend("vector-512", false, false, false, HOSTILE));
        MEASURED.forEach(name -> backends.add(
                new SuiteResult.Backend(name, true, true, name.equals(MEASURED.getFirst()), "runs")));
        List<LayerResult> layers = new ArrayList<>();
        Workload workload = Workload.mobileNetV2(profiled.width(), profiled.resolution(), 1, 1);
        for (Fusion fusion : List.of(Fusion.NEVER, Fusion.AUTO)) {
            try (LayerRun run = new LayerRun(workload, Workload.SCALAR, fusion)) {
                for (LayerGroup group : LayerGroup.of(run, fusion)) {
                    Map<String, Score> micros = new LinkedHashMap<>();
                    RUNNERS.forEach(name -> micros.put(name, score(1 + 10 * random.nextDouble())));
                    layers.add(new LayerResult(
                            group.name(), group.shape(), group.kind(), group.count(), group.flops(), group.bytes(),
                            group.integerBytes(), micros));
                }
            }
        }
        layers.getFirst().micros().remove("scalar");
        List<NetworkResult> networks = List.of(
                network(new NetworkCase(1.0, 224, 1, 1), random), network(new NetworkCase(1.0, 224, 8, 1), random));
        return new SuiteResult(
                "2026-01-02T03:04:05Z", true,
                new Machine(
                        "A processor", 2, 2, 8L << 30, List.of(new Machine.Cache(1, 32 << 10)), "A system", "A Java", List.of()),
                backends, RUNNERS,
                new Roofs(110, 256, Map.of("native-avx2", 220.0), List.of(
                        new Roofs.Bandwidth("L1", 16 << 10, 200), new Roofs.Bandwidth("DRAM", 1 << 27, 16))),
                layers, profiled, networks, firstCalls(), 0.2,
                List.of(new SuiteResult.Failure("layers on scalar, fork 2 of 2", "it fell over")), 0);
    }

    private static List<SuiteResult.FirstCallsResult> firstCalls() {
        return List.of(
                new SuiteResult.FirstCallsResult(
                        "onnxruntime", "onnxruntime", "NONE", List.of(1, 10, 100), List.of(9.0, 6.0, 6.0)),
                new SuiteResult.FirstCallsResult(
                        "vector-256, warm-up background", "vector-256", "BACKGROUND", List.of(1, 2, 10, 100, 1000),
                        List.of(150.0, 70.0, 65.0, 7.0, 5.25)));
    }

    private static NetworkResult network(NetworkCase network, Random random) {
        Map<String, PeerResult> peers = new LinkedHashMap<>();
        peers.put("onnxruntime", new PeerResult(6, score(6), 1, 1, 1));
        for (String name : MEASURED) {
            double ratio = 0.7 + random.nextDouble();
            peers.put(name, new PeerResult(6 * ratio, score(6 * ratio), ratio, ratio - 0.05, ratio + 0.05));
        }
        return new NetworkResult(network, network.flops(), "onnxruntime", peers);
    }

    private static Score score(double mean) {
        return new Score(mean, 0.97 * mean, 1.03 * mean, 10);
    }
}
