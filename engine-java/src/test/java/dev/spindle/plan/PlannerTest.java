package dev.spindle.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Kernels;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.PooledPointwise;
import dev.spindle.kernel.Tiling;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.MobileNetV1;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Sampling;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlannerTest {

    private static final Layout WIDE = new Layout(16, Memory.Kind.HEAP, 14, 14, 9, 8, true);

    private static Plan plan(double width, int resolution, Layout layout, Fusion fusion) {
        Network network = MobileNetV2.builder().widthMultiplier(width).resolution(resolution).build();
        return Planner.plan(network, Weights.random(network, 1), layout, fusion);
    }

    private static List<String> fused(Plan plan) {
        return plan.layers().stream().filter(FusedBlock.class::isInstance).map(Layer::name).toList();
    }

    @Test
    void fusesTheBlocksWhoseMapsLeaveTheSecondCache() {
        assertEquals(
                List.of("stem+block1", "block2", "block3", "block4"), fused(plan(1.0, 224, WIDE, Fusion.AUTO)));
    }

    @Test
    void separableLayersCanBeFused() {
        Network network = MobileNetV1.builder().build();
        Weights weights = Weights.random(network, 1);
        assertEquals(List.of("stem+block1"), fused(Planner.plan(network, weights, WIDE, Fusion.AUTO)));
        List<String> all = fused(Planner.plan(network, weights, WIDE, Fusion.ALWAYS));
        assertEquals(13, all.size());
        assertEquals("block2", all.get(1));
    }

    @Test
    void leavesSmallMapsAlone() {
        assertEquals(List.of(), fused(plan(0.35, 64, WIDE, Fusion.AUTO)));
    }

    @Test
    void fusesNothingForAKernelThatCannot() {
        Layout apart = new Layout(16, Memory.Kind.HEAP, 14, 14, 9, 8, false);
        assertEquals(List.of(), fused(plan(1.0, 224, apart, Fusion.ALWAYS)));
    }

    @Test
    void aMapThatIsOnlyPooledStandsNowhere() {
        for (Fusion fusion : List.of(Fusion.AUTO, Fusion.ALWAYS)) {
            List<Layer> layers = plan(1.0, 224, WIDE, fusion).layers();
            PooledPointwise head = assertInstanceOf(PooledPointwise.class, layers.get(layers.size() - 2));
            assertEquals("head+pool", head.name());
            assertEquals(LayerPlanner.NONE, head.average().shape().input());
            assertTrue(4 * head.scratchLength() <= 40 * 1024, head.scratchLength() + " floats of scratch");
        }
        assertEquals(
                List.of("head", "pool", "classifier"),
                plan(1.0, 224, WIDE, Fusion.NEVER).layers().stream().map(Layer::name).skip(52 - 1).toList());
    }

    @Test
    void costModelWeighsTheHiddenMapAgainstTheSums() {
        long mega = 1 << 20;
        assertTrue(FusionCost.fuses(mega / 4, 4 * mega, 2 * mega, mega / 4, 3), "a hidden map far larger than the cache");
        assertFalse(FusionCost.fuses(mega / 4, mega / 2, mega / 2, mega / 4, 6), "everything fits the second cache");
        assertFalse(FusionCost.fuses(2 * mega, 2 * mega, mega / 8, 2 * mega, 40), "many groups over a large output");
    }

    @Test
    void aBatchSharesTheClassifier() {
        Plan plan = plan(1.0, 224, WIDE, Fusion.AUTO);
        Outputs.Tail tail = plan.tail().orElseThrow();
        assertEquals(
                List.of("classifier"),
                plan.layers().subList(tail.from(), plan.layers().size()).stream().map(Layer::name).toList());
        assertEquals(plan.classified().features().offset(), tail.input());
        assertEquals(1280, tail.inputLength());
    }

    @Test
    void keepsTheMapsThatAreAskedFor() {
        Network network = MobileNetV2.builder().widthMultiplier(0.35).resolution(40).build();
        Weights weights = Weights.random(network, 1);
        Set<String> names = Set.of("stem", "block2.expand", "block3.depthwise", "block6.project", "head", "pool");
        Kernel kernel = Kernels.byName("scalar");
        Layout layout = kernel.layout();
        Plan plan = Planner.plan(network, weights, layout, Fusion.AUTO, names);
        assertEquals(names, plan.kept().keySet());
        Memory memory = plan.newActivations(1);
        Map<String, float[]> made = new HashMap<>();
        float[] row = new float[3 * network.width()];
        Arrays.fill(row, 0.5f);
        for (int y = 0; y < network.height(); y++) {
            memory.write(plan.input().row(y), row, 0, row.length);
        }
        Plan apart = Planner.plan(network, weights, layout, Fusion.NEVER);
        Memory other = apart.newActivations(1);
        for (int y = 0; y < network.height(); y++) {
            other.write(apart.input().row(y), row, 0, row.length);
        }
        for (int i = 0; i < apart.layers().size(); i++) {
            Layer layer = apart.layers().get(i);
            layer.run(kernel, apart.weights(), other, layout.origin() + apart.activationLength(), 0, layer.units());
            made.put(apart.maps().get(i).name(), apart.maps().get(i).read(other, layout));
        }
        for (Layer layer : plan.layers()) {
            layer.run(kernel, plan.weights(), memory, layout.origin() + plan.activationLength(), 0, layer.units());
        }
        plan.kept().forEach((name, map) -> assertArrayEquals(made.get(name), map.read(memory, layout), name));
    }

    @Test
    void wideKernelsFuseNoBlockWhoseInsideIsKept() {
        Network network = MobileNetV2.builder().build();
        Weights weights = Weights.random(network, 1);
        Plan plan = Planner.plan(network, weights, WIDE, Fusion.AUTO, Set.of("stem", "block3.expand", "block4.project"));
        assertEquals(List.of("block1", "block2", "block4"), fused(plan));
        assertEquals(32, plan.kept().get("block4.project").channels());
    }

    @Test
    void refusesToKeepWhatIsNotThere() {
        Network network = MobileNetV2.builder().widthMultiplier(0.35).resolution(32).build();
        Weights weights = Weights.random(network, 1);
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class,
                () -> Planner.plan(network, weights, WIDE, Fusion.AUTO, Set.of("block18.expand")));
        assertTrue(
                refused.getMessage().startsWith("no layer named block18.expand, expected one of [stem, "),
                refused.getMessage());
    }

    @Test
    void unitsRunThroughChannelTiles() {
        Layout layout = new Layout(4, Memory.Kind.HEAP, 5, 3, 2, 8, false);
        for (int blocks = 1; blocks <= 7; blocks++) {
            Tiling tiling = Tiling.of(layout, blocks, 11);
            int unit = 0;
            for (int tile = 0; tile < tiling.channelTiles(); tile++) {
                assertEquals(unit, tiling.firstUnit(tile), tile + " of " + tiling);
                int next = unit + tiling.pixelTiles(tiling.vectors(tile));
                for (; unit < next; unit++) {
                    assertEquals(tile, tiling.channelTile(unit), unit + " of " + tiling);
                }
            }
            assertEquals(unit, tiling.units(), tiling.toString());
        }
    }

    @Test
    void countsTheSameWorkEitherWay() {
        for (Fusion fusion : Fusion.values()) {
            Plan plan = plan(1.0, 96, WIDE, fusion);
            assertEquals(plan.network().macs(), plan.layers().stream().mapToLong(Layer::macs).sum(), fusion.toString());
        }
    }

    /** Fused or not: what limits it is the widest map, at 1/2 of the input's resolution. */
    @Test
    void segmentationStaysBelowSixtyMegabytes() {
        Network backbone = MobileNetV2.builder().resolution(513).outputStride(16).build();
        Network network = new Network(
                "DeepLab", 513, 513, backbone.padding(), backbone.stem(), backbone.blocks(),
                new DeepLab(
                        Conv.pointwise("aspp", 320, 256, Activation.RELU),
                        Conv.pointwise("image_pooling", 320, 256, Activation.RELU),
                        Conv.pointwise("projection", 512, 256, Activation.RELU),
                        Conv.pointwise("logits", 256, 21, Activation.LINEAR), true, Sampling.ALIGN_CORNERS));
        Weights weights = Weights.random(network, 1);
        for (Fusion fusion : List.of(Fusion.AUTO, Fusion.NEVER)) {
            Plan plan = Planner.plan(network, weights, WIDE, fusion);
            long bytes = 4L * (plan.activationLength() + plan.scratchLength());
            assertTrue(bytes <= (fusion == Fusion.AUTO ? 15_000_000 : 60_000_000), bytes + " bytes, fusion " + fusion);
            assertEquals(network.macs(), plan.layers().stream().mapToLong(Layer::macs).sum());
        }
    }

    @Test
    void aSessionStaysBelowThreeMegabytes() {
        Plan plan = plan(1.0, 224, WIDE, Fusion.AUTO);
        long bytes = 4L * (plan.activationLength() + plan.scratchLength());
        assertTrue(bytes <= 3_000_000, bytes + " bytes of activations and scratch");
        long weights = 4L * plan.weights().length();
        assertTrue(weights <= 1.05 * 4 * plan.network().parameters(), weights + " bytes of packed weights");
    }
}
