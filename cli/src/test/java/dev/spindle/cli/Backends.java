package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import java.util.List;

/** The backends of this machine. */
final class Backends {

    private Backends() {}

    /** Those of {@link #supported} that have kernels for quantised networks. */
    static List<String> withIntegers() {
        return supported().stream().filter(name -> Kernels.byName(name).quantised().isPresent()).toList();
    }

    /** Those that run here; fails where one is missing that {@code spindle.required.backends} names. */
    static List<String> supported() {
        List<String> supported =
                Kernels.all().stream().filter(KernelCandidate::supported).map(KernelCandidate::name).toList();
        List<String> required = List.of(System.getProperty("spindle.required.backends").split(","));
        assertTrue(supported.containsAll(required), () -> "required " + required + ", supported " + supported);
        return supported;
    }

    /** One that cannot run here: there is always one, since no machine is both x86 and ARM. */
    static KernelCandidate unsupported() {
        return Kernels.all().stream().filter(candidate -> !candidate.supported()).findFirst().orElseThrow();
    }
}
