package dev.spindle.bench;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import dev.spindle.network.MobileNetV2;
import java.util.List;

/** What the tests of this module run. */
final class TestWorkloads {

    private TestWorkloads() {}

    /** Every backend that runs here. */
    static List<String> backends() {
        return Kernels.all().stream().filter(KernelCandidate::supported).map(KernelCandidate::name).toList();
    }

    /** A network that runs in a millisecond. */
    static Workload tiny() {
        return Workload.random(
                MobileNetV2.builder().widthMultiplier(0.35).resolution(32).classes(10).build(), 1, 1);
    }
}
