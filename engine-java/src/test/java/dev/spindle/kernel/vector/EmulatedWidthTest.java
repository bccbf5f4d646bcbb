package dev.spindle.kernel.vector;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.KernelParity;
import dev.spindle.kernel.Kernels;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;

/**
 * The widths that this CPU has no instructions for: the Vector API computes them in plain Java, slowly and with the same
 * results, so that the tiles of every width are tested on every machine.
 */
class EmulatedWidthTest {

    private static final Map<String, Supplier<VectorTiles>> WIDTHS =
            Map.of("vector-128", VectorTiles128::new, "vector-256", VectorTiles256::new, "vector-512", VectorTiles512::new);

    @TestFactory
    Stream<DynamicContainer> agreesWithDoublePrecision() {
        return Kernels.all().stream()
                .filter(candidate -> WIDTHS.containsKey(candidate.name()) && !candidate.supported())
                .map(KernelCandidate::name)
                .map(name -> dynamicContainer(
                        name + ", emulated", KernelParity.quick(new VectorKernel(name, WIDTHS.get(name).get()))));
    }
}
