package dev.spindle.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class KernelParityTest {

    private static List<KernelCandidate> supported() {
        return Kernels.all().stream().filter(KernelCandidate::supported).toList();
    }

    @TestFactory
    Stream<DynamicContainer> agreesWithDoublePrecision() {
        return supported().stream()
                .map(candidate -> dynamicContainer(
                        candidate.name(), KernelParity.all(Kernels.byName(candidate.name()))));
    }

    @TestFactory
    Stream<DynamicContainer> agreesWithTensorFlowLiteInIntegers() {
        return supported().stream()
                .map(candidate -> Kernels.byName(candidate.name()))
                .filter(kernel -> kernel.quantised().isPresent())
                .map(kernel -> dynamicContainer(kernel.name(), QuantisedParity.all(kernel)));
    }

    /** CI names the backends that must have run: a backend that is skipped by mistake cannot pass. */
    @Test
    void requiredBackendsAreSupported() {
        String required = System.getProperty("spindle.required.backends", "scalar");
        List<String> names = supported().stream().map(KernelCandidate::name).toList();
        for (String name : Arrays.stream(required.split(",")).filter(n -> !n.startsWith("native-")).toList()) {
            assertTrue(names.contains(name), () -> name + " must run here, but only " + names + " do: " + Kernels.all());
        }
    }
}
