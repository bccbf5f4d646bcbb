package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import dev.spindle.network.MobileNetV2;
import java.util.ArrayList;
import java.util.List;

/** What the tests of this module run. */
final class TestWorkloads {

    private TestWorkloads() {}

    /** Every backend that runs here; fails where one is missing that {@code spindle.required.backends} names. */
    static List<String> backends() {
        List<String> supported =
                Kernels.all().stream().filter(KernelCandidate::supported).map(KernelCandidate::name).toList();
        for (String required : System.getProperty("spindle.required.backends").split(",")) {
            assertTrue(supported.contains(required), () -> "required, but cannot run here: " + required);
        }
        return supported;
    }

    /** All of them, and those with kernels for int8 once more in integers. */
    static List<String> contestants() {
        List<String> contestants = new ArrayList<>(backends());
        for (String backend : backends()) {
            if (Kernels.byName(backend).quantised().isPresent()) {
                contestants.add(backend + Contestant.INT8);
            }
        }
        return contestants;
    }

    /** A network that runs in a millisecond. */
    static Workload tiny() {
        return Workload.random(
                MobileNetV2.builder().widthMultiplier(0.35).resolution(32).classes(10).build(), 1, 1);
    }
}
