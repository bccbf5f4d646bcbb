package dev.spindle.kernel.vector;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;

import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.KernelParity;
import dev.spindle.kernel.Kernels;
import dev.spindle.kernel.QuantisedParity;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The widths that this CPU has no instructions for: the Vector API computes them in plain Java, slowly and with the same
 * results, so that the tiles of every width are tested on every machine.
 */
class EmulatedWidthTest {

    private static final Map<String, Supplier<Kernel>> WIDTHS = Map.of(
            "vector-128", () -> new VectorKernel("vector-128", new VectorTiles128(), new VectorSteps128()),
            "vector-256", () -> new VectorKernel("vector-256", new VectorTiles256(), new VectorSteps256()),
            "vector-512", () -> new VectorKernel("vector-512", new VectorTiles512(), new VectorSteps512()));

    private static Stream<DynamicContainer> emulated(Function<Kernel, Stream<DynamicTest>> tests) {
        return Kernels.all().stream()
                .filter(candidate -> WIDTHS.containsKey(candidate.name()) && !candidate.supported())
                .map(KernelCandidate::name)
                .map(name -> dynamicContainer(name + ", emulated", tests.apply(WIDTHS.get(name).get())));
    }

    @TestFactory
    Stream<DynamicContainer> agreesWithDoublePrecision() {
        return emulated(KernelParity::quick);
    }

    @TestFactory
    Stream<DynamicContainer> agreesWithTensorFlowLiteInIntegers() {
        return emulated(QuantisedParity::quick);
    }
}
