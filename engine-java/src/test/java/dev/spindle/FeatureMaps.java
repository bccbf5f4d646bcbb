package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.spindle.kernel.Kernels;
import dev.spindle.network.MapNames;
import dev.spindle.network.MapNames.NamedMap;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Fusion;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What every backend's feature maps have to be. */
public final class FeatureMaps {

    private static final int IMAGES = 3;

    private FeatureMaps() {}

    /**
     * Compares maps with those of a trace layer by layer, to the last bit, in fp32 and where the backend can, in integers:
     * alone, some together and all of them, fused or not, on one thread or two.
     */
    public static void areThoseOfATrace(String backend) {
        Options options = Options.DEFAULT.withBackend(backend);
        Checkpoint checkpoint = TestNetworks.quantised(0.35, 33, 40, 21, 5);
        check(checkpoint, options.withPrecision(Precision.FP32));
        if (Kernels.byName(backend).quantised().isPresent()) {
            check(checkpoint, options.withPrecision(Precision.INT8));
        }
    }

    private static void check(Checkpoint checkpoint, Options options) {
        float[] input = TestNetworks.input(checkpoint.network(), IMAGES);
        Map<String, float[][]> expected = trace(checkpoint, options, input);
        List<NamedMap> all = MapNames.of(checkpoint.network()).all();
        assertEquals(expected.keySet(), all.stream().map(NamedMap::name).collect(Collectors.toSet()));
        String[] names = all.stream().map(NamedMap::name).toArray(String[]::new);
        for (Fusion fusion : Fusion.values()) {
            Options fused = options.withFusion(fusion);
            check(checkpoint, fused.withMaps(names), input, expected);
            check(checkpoint, fused.withMaps("stem"), input, expected);
            check(checkpoint, fused.withMaps("block3.expand"), input, expected);
            check(checkpoint, fused.withMaps("block3.depthwise", "block1"), input, expected);
            check(checkpoint, fused.withMaps("stride32", "stride16", "stride8", "stride4", "out_relu"), input, expected);
            check(checkpoint, fused.withMaps("classifier", "features.17", "pool"), input, expected);
        }
    }

    private static Map<String, float[][]> trace(Checkpoint checkpoint, Options options, float[] input) {
        Map<String, float[][]> maps = new HashMap<>();
        try (Model model = Model.of(checkpoint, options.withFusion(Fusion.NEVER)); Session session = model.newSession()) {
            for (int i = 0; i < IMAGES; i++) {
                int image = i;
                session.trace(
                        Arrays.copyOfRange(input, i * session.inputLength(), (i + 1) * session.inputLength()),
                        (map, values) ->
                                maps.computeIfAbsent(map.name(), name -> new float[IMAGES][])[image] = values.get());
            }
        }
        return maps;
    }

    private static void check(Checkpoint checkpoint, Options options, float[] input, Map<String, float[][]> expected) {
        MapNames names = MapNames.of(checkpoint.network());
        try (Model model = Model.of(checkpoint, options); Session session = model.newSession()) {
            assertEquals(
                    options.maps().stream().map(names::layer).toList(),
                    session.maps().stream().map(FeatureMap::name).toList());
            for (int threads = 1; threads <= 2; threads++) {
                float[][] found =
                        session.maps().stream().map(map -> new float[IMAGES * map.length()]).toArray(float[][]::new);
                session.threads(threads).features(input, IMAGES, found);
                for (int i = 0; i < found.length; i++) {
                    int length = session.maps().get(i).length();
                    for (int image = 0; image < IMAGES; image++) {
                        float[] one = Arrays.copyOfRange(found[i], image * length, (image + 1) * length);
                        assertArrayEquals(
                                expected.get(session.maps().get(i).name())[image], one, options + ", image " + image);
                    }
                }
            }
        }
    }
}
