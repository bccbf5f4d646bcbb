package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.spindle.plan.Fusion;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ProfileTest {

    @TestFactory
    Stream<DynamicTest> everyLayerIsTimed() {
        return TestWorkloads.backends().stream().flatMap(backend -> Stream.of(Fusion.values())
                .map(fusion -> dynamicTest(backend + " " + fusion, () -> everyLayerIsTimed(backend, fusion))));
    }

    private static void everyLayerIsTimed(String backend, Fusion fusion) {
        Workload workload = TestWorkloads.tiny();
        try (LayerRun run = new LayerRun(workload, backend, fusion);
                LayerRun reference = new LayerRun(workload, "scalar", Fusion.NEVER)) {
            List<Profile.Line> lines = Profile.of(run, 0, 0.01);
            assertEquals(
                    run.layers().stream().map(run::label).toList(), lines.stream().map(Profile.Line::label).toList());
            assertTrue(lines.stream().allMatch(line -> line.least() > 0 && line.median() >= line.least()));
            assertEquals(workload.flops(), Profile.total(lines).flops());
            Profile.of(reference, 0, 0);
            Agreement.require(
                    "logits", run.output(run.layers().getLast()), reference.output(reference.layers().getLast()));
        }
    }

    @Test
    void kindsAddUp() {
        List<Profile.Line> lines = List.of(
                new Profile.Line("stem", "stem at 4", 4000, 1, 2),
                new Profile.Line("a", "1x1 at 4", 1000, 0.25, 0.5),
                new Profile.Line("b", "dense at 1", 10, 1, 1),
                new Profile.Line("c", "1x1 at 4", 3000, 0.75, 1.5));
        assertEquals(
                List.of(
                        new Profile.Line("stem at 4", "stem at 4", 4000, 1, 2),
                        new Profile.Line("1x1 at 4", "1x1 at 4", 4000, 1, 2),
                        new Profile.Line("dense at 1", "dense at 1", 10, 1, 1)),
                Profile.byKind(lines));
        Profile.Line total = Profile.total(lines);
        assertEquals(8010, total.flops());
        assertEquals(3, total.least());
        assertEquals(5, total.median());
        assertEquals(4, Profile.byKind(lines).getFirst().gflops());
    }
}
