package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.image.Image;
import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import dev.spindle.kernel.Quantisation;
import dev.spindle.network.Network;
import dev.spindle.plan.Fusion;
import dev.spindle.plan.QuantisedWeights;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Models that run in integers, on every backend with kernels for it. */
class IntegerSessionTest {

    private static final int CLASSES = 21;

    static List<String> backends() {
        List<String> backends = Kernels.all().stream()
                .filter(KernelCandidate::supported)
                .map(KernelCandidate::name)
                .filter(name -> Kernels.byName(name).quantised().isPresent())
                .toList();
        assertTrue(backends.contains("scalar"), backends.toString());
        return backends;
    }

    private static Checkpoint checkpoint(long seed) {
        return TestNetworks.quantised(0.35, 33, 40, CLASSES, seed);
    }

    private static Model model(String backend, long seed) {
        return Model.of(checkpoint(seed), Options.DEFAULT.withBackend(backend));
    }

    private static byte[] bytes(Model model, int images) {
        byte[] input = new byte[images * 3 * model.network().height() * model.network().width()];
        new Random(2).nextBytes(input);
        return input;
    }

    /** Seeds give models with and without softmax, and all combinations of signs. */
    @ParameterizedTest
    @MethodSource("backends")
    void bytesAreTheSameForEveryBackendBatchAndNumberOfThreads(String backend) {
        for (long seed = 0; seed < 8; seed++) {
            int images = 3;
            byte[] expected = new byte[images * CLASSES];
            float[] expectedLogits = new float[images * CLASSES];
            try (Model model = model("scalar", seed); Session session = model.newSession()) {
                session.run(bytes(model, images), images, expected, expectedLogits, null);
            }
            assertTrue(distinct(expectedLogits) > CLASSES / 2, "seed " + seed + ": " + Arrays.toString(expectedLogits));
            try (Model model = model(backend, seed); Session session = model.newSession()) {
                assertEquals(Precision.INT8, model.precision());
                byte[] input = bytes(model, images);
                byte[] output = new byte[images * CLASSES];
                float[] logits = new float[images * CLASSES];
                for (int threads = 1; threads <= 2; threads++) {
                    session.threads(threads).run(input, images, output, logits, null);
                    assertArrayEquals(expected, output, "seed " + seed + ", " + threads + " threads");
                    assertArrayEquals(expectedLogits, logits);
                    for (int image = 0; image < images; image++) {
                        byte[] one = Arrays.copyOfRange(
                                input, image * session.inputLength(), (image + 1) * session.inputLength());
                        byte[] own = new byte[CLASSES];
                        session.run(one, 1, own, null, null);
                        assertArrayEquals(Arrays.copyOfRange(expected, image * CLASSES, (image + 1) * CLASSES), own);
                    }
                }
            }
        }
    }

    private static long distinct(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).distinct().count();
    }

    @ParameterizedTest
    @MethodSource("backends")
    void realInputsAreRoundedToTheModelsBytes(String backend) {
        for (long seed = 0; seed < 4; seed++) {
            Checkpoint checkpoint = checkpoint(seed);
            QuantisedWeights.Ends ends = checkpoint.quantised().orElseThrow().ends();
            try (Model model = model(backend, seed); Session session = model.newSession()) {
                byte[] input = bytes(model, 1);
                float[] reals = new float[input.length];
                for (int i = 0; i < reals.length; i++) {
                    int stored = ends.signedInput() ? input[i] + 128 : input[i] & 0xff;
                    reals[i] = ends.input().dequantise(stored) + 0.49f * ends.input().scale() * (i % 3 - 1);
                }
                byte[] expected = new byte[CLASSES];
                float[] expectedFeatures = new float[session.featuresLength()];
                session.run(input, 1, expected, null, expectedFeatures);
                byte[] output = new byte[CLASSES];
                float[] features = new float[session.featuresLength()];
                session.run(reals, 1, output, null, features);
                assertArrayEquals(expected, output);
                assertArrayEquals(expectedFeatures, features);
            }
        }
    }

    @Test
    void withoutSoftmaxTheOutputIsTheLogits() {
        int checked = 0;
        for (long seed = 0; seed < 8; seed++) {
            Checkpoint checkpoint = checkpoint(seed);
            QuantisedWeights weights = checkpoint.quantised().orElseThrow();
            Quantisation quantisation = weights.layer(Network.CLASSIFIER).output();
            try (Model model = model("scalar", seed); Session session = model.newSession()) {
                byte[] output = new byte[CLASSES];
                float[] logits = new float[CLASSES];
                session.run(bytes(model, 1), 1, output, logits, null);
                int sum = 0;
                for (int i = 0; i < CLASSES; i++) {
                    int stored = weights.ends().signedOutput() ? output[i] + 128 : output[i] & 0xff;
                    sum += stored;
                    if (!weights.ends().softmax()) {
                        assertEquals(quantisation.dequantise(stored), logits[i]);
                        checked++;
                    }
                }
                if (weights.ends().softmax()) {
                    assertEquals(256, sum, CLASSES / 2.0);
                }
            }
        }
        assertTrue(checked > 0 && checked < 8 * CLASSES, "seeds with and without softmax");
    }

    @ParameterizedTest
    @MethodSource("backends")
    void allocatesNothing(String backend) throws Exception {
        AllocationProbe.allocatesNothing(backend, Precision.INT8, ForkedJvm.classPath());
    }

    @ParameterizedTest
    @MethodSource("backends")
    void tracesWhatTheBytesStandFor(String backend) {
        Map<String, float[]> expected = trace("scalar");
        Map<String, float[]> found = trace(backend);
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, values) -> assertArrayEquals(values, found.get(name), name));
        try (Model model = model(backend, 1); Session session = model.newSession()) {
            float[] logits = new float[CLASSES];
            session.run(TestNetworks.input(model.network(), 1), logits);
            assertArrayEquals(logits, found.get(Network.CLASSIFIER));
        }
    }

    private static Map<String, float[]> trace(String backend) {
        Map<String, float[]> maps = new LinkedHashMap<>();
        Options options = Options.DEFAULT.withBackend(backend).withFusion(Fusion.NEVER);
        try (Model model = Model.of(checkpoint(1), options); Session session = model.newSession()) {
            session.trace(
                    TestNetworks.input(model.network(), 1), (map, values) -> maps.put(map.name(), values.get()));
        }
        return maps;
    }

    @Test
    void precisionIsChosen() {
        Options scalar = Options.DEFAULT.withBackend("scalar");
        Checkpoint real = TestNetworks.checkpoint(0.35, 33, 40, CLASSES);
        try (Model model = Model.of(checkpoint(1), scalar.withPrecision(Precision.FP32));
                Model other = Model.of(real, scalar);
                Model integers = Model.of(checkpoint(1), scalar.withPrecision(Precision.INT8))) {
            assertEquals(Precision.FP32, model.precision());
            assertEquals(Precision.FP32, other.precision());
            assertEquals(Precision.INT8, integers.precision());
        }
        String message = assertThrows(
                        IllegalArgumentException.class, () -> Model.of(real, scalar.withPrecision(Precision.INT8)))
                .getMessage();
        assertTrue(message.contains("expected a quantised network"), message);
        assertEquals(Precision.AUTO, Precision.ofLabel("auto"));
        assertThrows(IllegalArgumentException.class, () -> Precision.ofLabel("int4"));
    }

    @Test
    void aBackendWithoutIntegersRunsThemDequantised() {
        Kernel scalar = Kernels.byName("scalar");
        Kernel without = (Kernel) Proxy.newProxyInstance(
                Kernel.class.getClassLoader(), new Class<?>[] {Kernel.class}, (proxy, method, arguments) ->
                        method.getName().equals("quantised") ? Optional.empty() : method.invoke(scalar, arguments));
        try (Model model = Model.of(checkpoint(1), Options.DEFAULT, without)) {
            assertEquals(Precision.FP32, model.precision());
        }
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> Model.of(checkpoint(1), Options.DEFAULT.withPrecision(Precision.INT8), without))
                .getMessage();
        assertTrue(message.contains("backend scalar has no kernels"), message);
    }

    @Test
    void bytesAreForModelsInIntegers() {
        Options options = Options.DEFAULT.withBackend("scalar").withPrecision(Precision.FP32);
        try (Model model = Model.of(checkpoint(1), options); Session session = model.newSession()) {
            byte[] input = bytes(model, 1);
            assertThrows(IllegalArgumentException.class, () -> session.run(input, 1, null, new float[CLASSES], null));
            float[] reals = TestNetworks.input(model.network(), 1);
            assertThrows(IllegalArgumentException.class, () -> session.run(reals, 1, new byte[CLASSES], null, null));
        }
        try (Model model = model("scalar", 1); Session session = model.newSession()) {
            byte[] input = bytes(model, 1);
            assertThrows(IllegalArgumentException.class, () -> session.run(input, 2, null, null, null));
            assertThrows(IllegalArgumentException.class, () -> session.run(input, 1, new byte[CLASSES - 1], null, null));
        }
    }

    @Test
    void picturesAreClassified() {
        try (Model model = model("scalar", 3)) {
            Image image = Image.ofRgb(8, 8, new byte[3 * 64]);
            List<Classification> found = model.classify(image, 5);
            assertEquals(5, found.size());
            assertFalse(found.getFirst().probability() < found.getLast().probability());
            assertEquals(model.network().features(), model.embed(image).length);
        }
    }
}
