package dev.spindle.engine.jni;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.KernelParity;
import dev.spindle.kernel.QuantisedParity;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Whole plans on every native backend of this machine, fused and layer by layer; the same test as the Java backends'. */
class NativeParityTest {

    private static final List<KernelCandidate> ALL = new NativeProvider().candidates();

    private static List<KernelCandidate> supported() {
        return ALL.stream().filter(KernelCandidate::supported).toList();
    }

    @TestFactory
    Stream<DynamicContainer> agreesWithDoublePrecision() {
        Assumptions.assumeFalse(supported().isEmpty(), () -> "no native backend here: " + ALL);
        return supported().stream()
                .map(candidate -> dynamicContainer(
                        candidate.name(), KernelParity.all(candidate.factory().get())));
    }

    @TestFactory
    Stream<DynamicContainer> agreesWithTensorFlowLite() {
        Assumptions.assumeFalse(supported().isEmpty(), () -> "no native backend here: " + ALL);
        return supported().stream()
                .map(candidate -> dynamicContainer(
                        candidate.name(), QuantisedParity.all(candidate.factory().get())));
    }

    /** CI names the backends that must have run; NEON runs in an emulator, outside this JVM. */
    @Test
    void requiredBackendsAreSupported() {
        String required = System.getProperty("spindle.required.backends", "scalar");
        List<String> names = supported().stream().map(KernelCandidate::name).toList();
        for (String name : Arrays.stream(required.split(",")).filter(n -> n.startsWith("native-")).toList()) {
            assertTrue(
                    name.equals(NativeBackend.NEON.label()) || names.contains(name),
                    () -> name + " must run here, but only " + names + " do: " + ALL);
        }
    }
}
