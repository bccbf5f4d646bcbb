package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import dev.spindle.network.Conv;
import dev.spindle.network.Network;
import dev.spindle.plan.Fusion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SessionTest {

    static Stream<String> backends() {
        return Kernels.all().stream().filter(KernelCandidate::supported).map(KernelCandidate::name);
    }

    private static Model model(String backend) {
        return Model.of(TestNetworks.checkpoint(0.35, 33, 40, 21), Options.DEFAULT.withBackend(backend));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void sameBitsForEveryThreadCountAndBatch(String backend) {
        try (Model model = model(backend); Session session = model.newSession()) {
            int images = 3;
            float[] input = TestNetworks.input(model.network(), images);
            float[] expectedLogits = new float[images * session.logitsLength()];
            float[] expectedFeatures = new float[images * session.featuresLength()];
            for (int i = 0; i < images; i++) {
                float[] logits = new float[session.logitsLength()];
                float[] features = new float[session.featuresLength()];
                int from = i * session.inputLength();
                session.run(Arrays.copyOfRange(input, from, from + session.inputLength()), 1, logits, features);
                System.arraycopy(logits, 0, expectedLogits, i * logits.length, logits.length);
                System.arraycopy(features, 0, expectedFeatures, i * features.length, features.length);
            }
            assertTrue(Arrays.stream(toDoubles(expectedLogits)).distinct().count() > images, "logits differ");
            for (int threads = 1; threads <= 4; threads++) {
                float[] logits = new float[expectedLogits.length];
                float[] features = new float[expectedFeatures.length];
                for (int repeat = 0; repeat < 20; repeat++) {
                    Arrays.fill(logits, Float.NaN);
                    session.threads(threads).run(input, images, logits, features);
                    assertArrayEquals(expectedLogits, logits, threads + " threads");
                    assertArrayEquals(expectedFeatures, features, threads + " threads");
                }
            }
        }
    }

    private static double[] toDoubles(float[] values) {
        double[] doubles = new double[values.length];
        Arrays.setAll(doubles, i -> values[i]);
        return doubles;
    }

    /**
     * Once compiled, a run allocates nothing. A JVM of its own for each backend: where vectors of several widths have run,
     * the compiler's profiles of the Vector API are mixed, and some vectors stay boxed.
     */
    @ParameterizedTest
    @MethodSource("backends")
    void allocatesNothing(String backend) throws Exception {
        AllocationProbe.allocatesNothing(backend, Precision.FP32, ForkedJvm.classPath());
    }

    /** Unfused, each layer's map is shown; whatever the channel block, in the same order, and up to rounding the same. */
    @ParameterizedTest
    @MethodSource("backends")
    void tracesEveryLayer(String backend) {
        Map<String, float[]> expected = trace("scalar", Fusion.NEVER, 1);
        Map<String, float[]> found = trace(backend, Fusion.NEVER, 1);
        Network network = TestNetworks.checkpoint(0.35, 33, 40, 21).network();
        List<String> names = new ArrayList<>(network.convolutions().stream().map(Conv::name).toList());
        names.addAll(List.of(Network.POOL, Network.CLASSIFIER));
        assertEquals(names, List.copyOf(found.keySet()));
        expected.forEach((name, values) -> {
            float largest = 0;
            for (float value : values) {
                largest = Math.max(largest, Math.abs(value));
            }
            assertArrayEquals(values, found.get(name), 1e-5f * largest, name);
        });
        Map<String, float[]> onTwo = trace(backend, Fusion.NEVER, 2);
        found.forEach((name, values) -> assertArrayEquals(values, onTwo.get(name), name));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aTraceEndsWithWhatARunGives(String backend) {
        try (Model model = model(backend); Session session = model.newSession()) {
            float[] input = TestNetworks.input(model.network(), 1);
            float[] logits = new float[session.logitsLength()];
            float[] features = new float[session.featuresLength()];
            session.run(input, 1, logits, features);
            Map<String, float[]> unfused = trace(backend, Fusion.NEVER, 1);
            for (Fusion fusion : Fusion.values()) {
                Map<String, float[]> trace = trace(backend, fusion, 1);
                assertArrayEquals(features, trace.get(Network.POOL));
                assertArrayEquals(logits, trace.get(Network.CLASSIFIER));
                trace.forEach((name, values) -> assertArrayEquals(unfused.get(name), values, fusion + " " + name));
            }
        }
    }

    private static Map<String, float[]> trace(String backend, Fusion fusion, int threads) {
        Options options = new Options(backend, threads).withFusion(fusion);
        Map<String, float[]> maps = new LinkedHashMap<>();
        try (Model model = Model.of(TestNetworks.checkpoint(0.35, 33, 40, 21), options);
                Session session = model.newSession()) {
            session.trace(TestNetworks.input(model.network(), 1), (map, values) -> {
                maps.put(map.name(), values.get());
                assertEquals(map.height() * map.width() * map.channels(), maps.get(map.name()).length);
            });
        }
        return maps;
    }

    @Test
    void manySessionsShareTheHelpers() throws Exception {
        try (Model model = model("scalar"); ExecutorService callers = Executors.newFixedThreadPool(4)) {
            float[] input = TestNetworks.input(model.network(), 1);
            float[] expected = new float[21];
            try (Session session = model.newSession()) {
                session.run(input, expected);
            }
            List<Future<float[]>> results = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                results.add(callers.submit(() -> {
                    try (Session session = model.newSession().threads(3)) {
                        float[] logits = new float[21];
                        session.run(input, logits);
                        return logits;
                    }
                }));
            }
            for (Future<float[]> result : results) {
                assertArrayEquals(expected, result.get());
            }
        }
    }

    @Test
    void refusesArraysThatAreTooShort() {
        try (Model model = model("scalar"); Session session = model.newSession()) {
            float[] input = TestNetworks.input(model.network(), 1);
            String message = assertThrows(
                            IllegalArgumentException.class, () -> session.run(input, new float[20]))
                    .getMessage();
            assertTrue(message.contains("20") && message.contains("21"), message);
            assertThrows(IllegalArgumentException.class, () -> session.run(new float[5], new float[21]));
            assertThrows(IllegalArgumentException.class, () -> session.run(input, 2, new float[42], null));
            assertThrows(IllegalArgumentException.class, () -> session.run(input, 0, new float[42], null));
            assertThrows(IllegalArgumentException.class, () -> session.trace(new float[5], (map, values) -> {}));
        }
    }

    @Test
    void closesOnceAndForAll() {
        Model model = model("scalar");
        Session session = model.newSession();
        model.close();
        model.close();
        float[] input = TestNetworks.input(model.network(), 1);
        session.run(input, new float[21]);
        session.close();
        session.close();
        assertEquals(
                "the session is closed",
                assertThrows(IllegalStateException.class, () -> session.run(input, new float[21])).getMessage());
        assertEquals(
                "the model is closed", assertThrows(IllegalStateException.class, model::newSession).getMessage());
    }

    @ParameterizedTest
    @MethodSource("backends")
    void closeRacesARunCleanly(String backend) throws Exception {
        try (Model model = model(backend); ExecutorService other = Executors.newSingleThreadExecutor()) {
            float[] input = TestNetworks.input(model.network(), 1);
            for (int i = 0; i < 50; i++) {
                Session session = model.newSession().threads(2);
                CountDownLatch started = new CountDownLatch(1);
                Future<Integer> runs = other.submit(() -> {
                    float[] logits = new float[21];
                    int count = 0;
                    try {
                        while (true) {
                            session.run(input, logits);
                            count++;
                            started.countDown();
                        }
                    } catch (IllegalStateException e) {
                        assertEquals("the session is closed", e.getMessage());
                        return count;
                    }
                });
                started.await();
                session.close();
                assertTrue(runs.get() > 0);
            }
        }
    }
}
