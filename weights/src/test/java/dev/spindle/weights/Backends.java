package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Session;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** The backends of this machine, held against {@link DoubleReference}. */
final class Backends {

    private static final double TOLERANCE = 1e-4;

    private Backends() {}

    /**
     * Checks the logits of a random input on every backend.
     *
     * @param expected what was written to a file
     * @param found what was read from it
     */
    static void assertLogits(Checkpoint expected, Checkpoint found) {
        float[] input = input(found);
        double[] exact = new DoubleReference(expected).logits(input, 0);
        double largest = Arrays.stream(exact).map(Math::abs).max().orElseThrow();
        for (KernelCandidate backend : supported()) {
            try (Model model = Model.of(found, Options.DEFAULT.withBackend(backend.name()));
                    Session session = model.newSession()) {
                float[] logits = new float[exact.length];
                session.run(input, logits);
                for (int i = 0; i < exact.length; i++) {
                    assertEquals(exact[i], logits[i], TOLERANCE * largest, backend.name() + " class " + i);
                }
            }
        }
    }

    /**
     * Checks a detector's predictions for a random input on every backend.
     *
     * @param expected what was written to a file
     * @param found what was read from it
     */
    static void assertPredictions(Checkpoint expected, Checkpoint found) {
        float[] input = input(found);
        double[][] exact = new DoubleReference(expected).predictions(input);
        for (KernelCandidate backend : supported()) {
            try (Model model = Model.of(found, Options.DEFAULT.withBackend(backend.name()));
                    Session session = model.newSession()) {
                float[] boxes = new float[exact[0].length];
                float[] classes = new float[exact[1].length];
                session.predict(input, boxes, classes);
                assertClose(exact[0], boxes, backend.name() + " boxes");
                assertClose(exact[1], classes, backend.name() + " classes");
            }
        }
    }

    private static void assertClose(double[] exact, float[] found, String what) {
        double largest = Arrays.stream(exact).map(Math::abs).max().orElseThrow();
        for (int i = 0; i < exact.length; i++) {
            assertEquals(exact[i], found[i], TOLERANCE * largest, what + " " + i);
        }
    }

    private static float[] input(Checkpoint checkpoint) {
        float[] input = new float[3 * checkpoint.network().height() * checkpoint.network().width()];
        Random random = new Random(9);
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        return input;
    }

    private static List<KernelCandidate> supported() {
        List<KernelCandidate> supported = Kernels.all().stream().filter(KernelCandidate::supported).toList();
        assertFalse(supported.isEmpty());
        return supported;
    }
}
