package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Rehearsal;
import dev.spindle.plan.Plan;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class KernelWarmUpTest {

    static Stream<Arguments> backends() {
        return Kernels.all().stream()
                .filter(KernelCandidate::supported)
                .map(KernelCandidate::name)
                .flatMap(name -> Stream.of(Precision.FP32, Precision.INT8).map(precision -> Arguments.of(name, precision)));
    }

    /** Of a hundred and more calls, some of them at the ends of what the kernel may touch. */
    @ParameterizedTest
    @MethodSource("backends")
    void rehearsalsAreOneForEachPieceOfCodeAndStayInsideTheMemory(String backend, Precision precision) {
        Checkpoint checkpoint = TestNetworks.quantised(0.35, 33, 40, 21, 5);
        Options options = Options.DEFAULT.withBackend(backend).withPrecision(precision).withWarmup(Warmup.NONE);
        try (Model model = Model.of(checkpoint, options); Session session = model.newSession()) {
            float[] input = TestNetworks.input(checkpoint.network(), 1);
            float[] expected = new float[21];
            session.run(input, expected);
            Plan plan = model.plan();
            Kernel kernel = model.engine().kernel();
            try (Memory activations = plan.newActivations(1)) {
                List<Rehearsal> rehearsals = kernel.rehearsals(running(plan, activations));
                assertEquals(backend.startsWith("vector-"), !rehearsals.isEmpty());
                assertTrue(rehearsals.size() < 60, () -> rehearsals.size() + " rehearsals");
                for (Rehearsal rehearsal : rehearsals) {
                    rehearsal.code().accept(1);
                    rehearsal.code().accept(rehearsal.inputs());
                    assertTrue(rehearsal.sums() > 0);
                }
            }
            float[] found = new float[21];
            session.run(input, found);
            assertArrayEquals(expected, found, 0);
        }
    }

    /** What has been rehearsed once need not be again, however often a network calls it. */
    @ParameterizedTest
    @MethodSource("backends")
    void aLayerThatComesTwiceIsRehearsedOnce(String backend, Precision precision) {
        Checkpoint checkpoint = TestNetworks.quantised(0.35, 33, 40, 21, 5);
        Options options = Options.DEFAULT.withBackend(backend).withPrecision(precision).withWarmup(Warmup.NONE);
        try (Model model = Model.of(checkpoint, options);
                Memory activations = model.plan().newActivations(1)) {
            Kernel kernel = model.engine().kernel();
            Consumer<Kernel> once = running(model.plan(), activations);
            assertEquals(
                    kernel.rehearsals(once).size(), kernel.rehearsals(once.andThen(once)).size());
            assertFalse(kernel.rehearsals(_ -> {}).iterator().hasNext());
        }
    }

    private static Consumer<Kernel> running(Plan plan, Memory activations) {
        int scratch = plan.layout().origin() + plan.activationLength();
        return kernel -> {
            for (Layer layer : plan.layers()) {
                layer.run(kernel, plan.weights(), activations, scratch, 0, layer.units());
            }
        };
    }
}
