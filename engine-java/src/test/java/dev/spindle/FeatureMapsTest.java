package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Kernels;
import dev.spindle.kernel.Layer;
import java.lang.reflect.Proxy;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FeatureMapsTest {

    private final Checkpoint checkpoint = TestNetworks.checkpoint(0.35, 33, 40, 21);
    private final float[] input = TestNetworks.input(checkpoint.network(), 2);
    private final Set<String> ran = new LinkedHashSet<>();

    /** The plain kernel, whose layers are noted. */
    private final Kernel observed = (Kernel) Proxy.newProxyInstance(
            Kernel.class.getClassLoader(), new Class<?>[] {Kernel.class}, (proxy, method, arguments) -> {
                if (arguments != null && arguments[0] instanceof Layer layer) {
                    ran.add(layer.name());
                }
                return method.invoke(Kernels.byName("scalar"), arguments);
            });

    @ParameterizedTest
    @MethodSource("dev.spindle.SessionTest#backends")
    void areThoseOfATrace(String backend) {
        FeatureMaps.areThoseOfATrace(backend);
    }

    @Test
    void layersBehindTheLastMapDoNotRun() {
        try (Model model = Model.of(checkpoint, Options.DEFAULT.withMaps("stem", "block_2_expand"), observed);
                Session session = model.newSession()) {
            session.features(
                    input, 1, new float[session.maps().get(0).length()], new float[session.maps().get(1).length()]);
            assertEquals(
                    List.of("stem", "block1.depthwise", "block1.project", "block2.expand", "block2.depthwise",
                            "block2.project", "block3.expand"),
                    List.copyOf(ran));
        }
    }

    @Test
    void theClassifierDoesNotRunForFeatures() {
        try (Model model = Model.of(checkpoint, Options.DEFAULT, observed); Session session = model.newSession()) {
            float[] expected = new float[2 * session.featuresLength()];
            session.run(input, 2, new float[2 * session.logitsLength()], expected);
            assertTrue(ran.contains("classifier"), ran.toString());
            ran.clear();
            float[] found = new float[expected.length];
            session.run(input, 2, null, found);
            assertTrue(ran.contains("pool"), ran.toString());
            assertFalse(ran.contains("classifier"), ran.toString());
            assertArrayEquals(expected, found);
        }
    }

    /** Maps that stay until the end are in nobody's way. */
    @Test
    void aModelWithMapsClassifiesAsOneWithout() {
        Options options = Options.DEFAULT.withBackend("scalar");
        try (Model plain = Model.of(checkpoint, options);
                Model model = Model.of(checkpoint, options.withMaps("stem", "block2.depthwise", "block9", "head", "pool"));
                Session expectedSession = plain.newSession();
                Session session = model.newSession()) {
            float[] expected = new float[2 * 21];
            float[] found = new float[2 * 21];
            expectedSession.run(input, 2, expected, null);
            session.run(input, 2, found, null);
            assertArrayEquals(expected, found);
        }
    }

    @Test
    void oneMapMayBeAskedForTwice() {
        try (Model model = Model.of(checkpoint, Options.DEFAULT.withMaps("block14", "features.14"));
                Session session = model.newSession()) {
            int length = session.maps().getFirst().length();
            float[] first = new float[length];
            float[] second = new float[length];
            session.features(input, 1, first, second);
            assertArrayEquals(first, second);
        }
    }

    @Test
    void refusesUnknownNamesAndArraysThatDoNotFit() {
        Options options = Options.DEFAULT.withBackend("scalar");
        String message = assertThrows(
                        IllegalArgumentException.class, () -> Model.of(checkpoint, options.withMaps("block_13_expnd")))
                .getMessage();
        assertTrue(message.contains("block_13_expnd") && message.contains("such as block_13_expand,"), message);
        try (Model model = Model.of(checkpoint, options.withMaps("pool")); Session session = model.newSession()) {
            assertThrows(IllegalArgumentException.class, () -> session.features(input, 1));
            assertThrows(IllegalArgumentException.class, () -> session.features(input, 1, new float[1280], new float[1280]));
            assertThrows(IllegalArgumentException.class, () -> session.features(input, 0, new float[1280]));
            assertThrows(IllegalArgumentException.class, () -> session.features(input, 3, new float[3 * 1280]));
            message = assertThrows(IllegalArgumentException.class, () -> session.features(input, 2, new float[2 * 1280 - 1]))
                    .getMessage();
            assertTrue(message.contains("pool of length 2559, expected at least 2 x 1280"), message);
        }
        try (Model model = Model.of(checkpoint, options); Session session = model.newSession()) {
            assertEquals(List.of(), session.maps());
            assertThrows(IllegalArgumentException.class, () -> session.features(input, 1));
        }
    }
}
