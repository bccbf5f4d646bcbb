package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.network.Network;
import dev.spindle.plan.Fusion;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LayerGroupTest {

    private static final Workload USUAL = LayerBenchmark.workload();

    private static List<LayerGroup> groups(Fusion fusion) {
        try (LayerRun run = new LayerRun(USUAL, "scalar", fusion)) {
            return LayerGroup.of(run, fusion);
        }
    }

    private static LayerGroup find(List<LayerGroup> groups, String label) {
        return groups.stream().filter(group -> group.label().equals(label)).findFirst().orElseThrow();
    }

    @Test
    void shapesMakeUpTheNetwork() {
        List<LayerGroup> groups = groups(Fusion.NEVER);
        assertEquals(USUAL.flops(), groups.stream().mapToDouble(group -> group.count() * group.flops()).sum());
        assertEquals(4, find(groups, "block8.expand 196.64.384").count());
    }

    @Test
    void everyValueMovesOnce() {
        List<LayerGroup> groups = groups(Fusion.NEVER);
        assertEquals(
                4 * (224 * 224 * 3 + 27 * 32 + 32 + 112 * 112 * 32), find(groups, "stem 12544.27.32").bytes());
        assertEquals(
                4 * (112 * 112 * 96 + 9 * 96 + 96 + 56 * 56 * 96), find(groups, "block2.depthwise 3136.9.96 s2").bytes());
        assertEquals(
                4 * (56 * 56 * 96 + 96 * 24 + 24 + 56 * 56 * 24), find(groups, "block2.project 3136.96.24").bytes());
        assertEquals(
                4 * (56 * 56 * 144 + 144 * 24 + 24 + 2 * 56 * 56 * 24), find(groups, "block3.project 3136.144.24").bytes(),
                "the residual is read, too");
        assertEquals(4 * (1280 + 1280 * 1000 + 1000 + 1000), find(groups, "classifier 1.1280.1000").bytes());
        assertEquals(4 * (49 * 1280 + 1280), find(groups, "pool 1.49.1280").bytes());
    }

    @Test
    void integersAreBytesBesideBiases() {
        List<LayerGroup> groups = groups(Fusion.NEVER);
        assertEquals(
                56 * 56 * 144 + 144 * 24 + 4 * 24 + 2 * 56 * 56 * 24,
                find(groups, "block3.project 3136.144.24").integerBytes());
        assertEquals(1280 + 1280 * 1000 + 4 * 1000 + 1000, find(groups, "classifier 1.1280.1000").integerBytes());
        assertEquals(
                2 * 56 * 56 * 24 + 28 * 144 + 13 * 144 + 148 * 24, find(groups(Fusion.AUTO), "block3").integerBytes());
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "ALWAYS"})
    void blocksMoveNoHiddenMaps(Fusion fusion) {
        Network network = USUAL.network();
        List<LayerGroup> groups = groups(fusion);
        assertEquals(network.blocks().size(), groups.size());
        assertTrue(groups.stream().allMatch(group -> group.kind().equals("block")));
        assertEquals(
                4 * (224 * 224 * 3 + 28 * 32 + 10 * 32 + 33 * 16 + 112 * 112 * 16), find(groups, "stem+block1").bytes());
        assertEquals(
                4 * (2 * 56 * 56 * 24 + 25 * 144 + 10 * 144 + 145 * 24), find(groups, "block3").bytes());
        assertEquals(2.0 * 56 * 56 * (24 * 144 + 9 * 144 + 144 * 24), find(groups, "block3").flops());
    }
}
