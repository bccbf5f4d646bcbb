package dev.spindle.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.Quantisation;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class QuantisedWeightsTest {

    private static final String EXPAND = "block3.expand";

    private final Network network = MobileNetV2.builder().widthMultiplier(0.35).resolution(32).classes(10).build();
    private final QuantisedWeights weights =
            QuantisedNetworks.random(network, 4, QuantisedNetworks.Style.PLAIN);
    private final Map<String, QuantisedLayer> layers = new HashMap<>();
    private final Map<String, Quantisation> sums = new HashMap<>();
    private QuantisedPool pool = weights.pool();

    QuantisedWeightsTest() {
        for (Conv conv : network.convolutions()) {
            layers.put(conv.name(), weights.layer(conv.name()));
        }
        layers.put(Network.CLASSIFIER, weights.layer(Network.CLASSIFIER));
        for (InvertedResidual block : network.blocks()) {
            if (block.residual()) {
                sums.put(block.name(), weights.output(block));
            }
        }
    }

    private void change(UnaryOperator<QuantisedLayer> change) {
        layers.put(EXPAND, change.apply(layers.get(EXPAND)));
    }

    private void assertRefused(String... parts) {
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> QuantisedWeights.of(network, weights.ends(), layers, sums, pool))
                .getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    private static QuantisedLayer scaled(QuantisedLayer layer, float... scales) {
        return new QuantisedLayer(layer.kernel(), layer.bias(), scales, layer.roundedProduct(), layer.output());
    }

    @Test
    void everyLayerReadsWhatTheOneBeforeMade() {
        QuantisedWeights found = QuantisedWeights.of(network, weights.ends(), layers, sums, pool);
        assertEquals(weights.ends().input(), found.input(network, "stem"));
        assertEquals(layers.get("stem").output(), found.input(network, "block1.depthwise"));
        assertEquals(layers.get("block2.project").output(), found.input(network, EXPAND));
        assertEquals(sums.get("block3"), found.input(network, "block4.expand"));
        assertEquals(pool.output(), found.input(network, Network.CLASSIFIER));
        assertEquals(layers.get("head").output(), found.lastMap(network));
    }

    @Test
    void whatIsMissingOrOfAnotherSizeIsRefused() {
        change(layer -> null);
        assertRefused("layer " + EXPAND, "expected weights, found none");
        layers.put(EXPAND, weights.layer(EXPAND));
        change(layer -> new QuantisedLayer(
                new short[5], layer.bias(), layer.scales(), layer.roundedProduct(), layer.output()));
        assertRefused("layer " + EXPAND, "values of kernel, found 5");
        layers.put(EXPAND, weights.layer(EXPAND));
        change(layer -> scaled(layer, 1, 1));
        assertRefused("layer " + EXPAND, "values of scales, found 2");
        layers.put(EXPAND, weights.layer(EXPAND));
        sums.remove("block3");
        assertRefused("block block3: expected the scale of its sum");
    }

    @Test
    void absurdScalesAreRefused() {
        for (float scale : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY, 1e9f}) {
            change(layer -> scaled(layer, scale));
            assertRefused("layer " + EXPAND, "expected scales above 0", "found " + scale);
        }
        change(layer -> new QuantisedLayer(
                layer.kernel(), layer.bias(), new float[] {1}, false, new Quantisation(1e-30f, 0)));
        assertRefused("layer " + EXPAND, "a factor of");
    }

    @Test
    void sumsBeyond32BitsAreRefused() {
        change(layer -> {
            int[] bias = layer.bias().clone();
            bias[3] = Integer.MIN_VALUE;
            return new QuantisedLayer(layer.kernel(), bias, layer.scales(), layer.roundedProduct(), layer.output());
        });
        assertRefused("layer " + EXPAND, "expected sums of 32 bits", "channel 3");
    }

    @Test
    void anAverageWithoutAScaleOfItsOwnHasItsMaps() {
        Quantisation map = weights.lastMap(network);
        pool = new QuantisedPool(false, new Quantisation(map.scale(), 255 - map.zeroPoint()));
        assertRefused("pool: expected the scale and zero point of its map");
    }
}
