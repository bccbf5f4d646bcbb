package dev.spindle.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.network.Conv;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FoldedTest {

    @Test
    void foldsWithTheSourcesEpsilon() {
        BatchNorm norm = new BatchNorm(
                new float[] {2, 3}, new float[] {0.5f, -1}, new float[] {1, 4}, new float[] {0.24f, 3.99f}, 0.01);
        Folded folded = Folded.of(LayerWeights.normalised(new float[] {1, -2, 10, 20}, norm), 2);
        // 2 / sqrt(0.25) = 4 and 3 / sqrt(4) = 1.5
        assertArrayEquals(new float[] {4, -8, 15, 30}, folded.kernel(), 1e-5f);
        assertArrayEquals(new float[] {0.5f - 4, -1 - 6}, folded.bias(), 1e-5f);
    }

    @Test
    void keepsABiasInFrontOfTheNormalisation() {
        BatchNorm norm = new BatchNorm(new float[] {1}, new float[] {0}, new float[] {3}, new float[] {4}, 0);
        LayerWeights layer = new LayerWeights(new float[] {1}, Optional.of(new float[] {7}), Optional.of(norm));
        assertArrayEquals(new float[] {2}, Folded.of(layer, 1).bias());
    }

    @Test
    void aPlanOfFoldedWeightsIsTheSameBits() {
        Network network = MobileNetV2.builder().widthMultiplier(0.35).resolution(32).classes(3).build();
        Random random = new Random(5);
        Map<String, LayerWeights> layers = new HashMap<>();
        for (Conv conv : network.convolutions()) {
            BatchNorm norm = new BatchNorm(
                    values(random, conv.outputs()), values(random, conv.outputs()), values(random, conv.outputs()),
                    values(random, conv.outputs()), 1e-5);
            layers.put(conv.name(), LayerWeights.normalised(values(random, (int) conv.weights()), norm));
        }
        layers.put(Network.CLASSIFIER, LayerWeights.biased(values(random, 3 * 1280), values(random, 3)));
        Weights weights = Weights.of(network, layers);
        Weights folded = weights.folded(network);
        for (Conv conv : network.convolutions()) {
            assertTrue(folded.layer(conv.name()).batchNorm().isEmpty(), conv.name());
        }
        Layout layout = new Layout(8, Memory.Kind.HEAP, 6, 6, 4, 4, true);
        assertArrayEquals(
                Planner.plan(network, weights, layout).weights().array(),
                Planner.plan(network, folded, layout).weights().array());
    }

    /** In (0.5, 1.5): variances are positive. */
    private static float[] values(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = 0.5f + random.nextFloat();
        }
        return values;
    }

    @Test
    void weightsNameTheLayerAtFault() {
        Network network = MobileNetV2.builder().widthMultiplier(0.35).classes(3).build();
        Weights random = Weights.random(network, 1);
        Map<String, LayerWeights> layers = new HashMap<>();
        network.convolutions().forEach(conv -> layers.put(conv.name(), random.layer(conv.name())));
        assertMessage(network, layers, "classifier", "found none");
        layers.put("classifier", LayerWeights.biased(new float[3 * 1280], new float[2]));
        assertMessage(network, layers, "classifier", "expected 3", "found 2");
        float[] kernel = new float[3 * 1280];
        kernel[17] = Float.NaN;
        layers.put("classifier", LayerWeights.biased(kernel, new float[3]));
        assertMessage(network, layers, "classifier", "finite", "NaN at 17");
    }

    private static void assertMessage(Network network, Map<String, LayerWeights> layers, String... parts) {
        String message = assertThrows(IllegalArgumentException.class, () -> Weights.of(network, layers)).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }
}
