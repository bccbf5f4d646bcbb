package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.spindle.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Small networks of all formats with the logits that their own frameworks compute. */
final class Fixtures {

    private Fixtures() {}

    static Path path(String name) {
        try {
            return Path.of(Fixtures.class.getResource("/fixtures/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] bytes(String name) {
        try {
            return Files.readAllBytes(path(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Checks the logits that a checkpoint gives in double precision.
     *
     * @param folder whose {@code reference.safetensors} holds inputs and logits
     * @param tolerance in units of the largest logit
     */
    static void assertLogits(String folder, Checkpoint checkpoint, double tolerance) {
        Safetensors reference = Safetensors.open(path(folder + "/reference.safetensors"));
        List<Integer> shape = reference.tensor("input").shape();
        float[] input = reference.floats("input");
        float[] expected = reference.floats("logits");
        double largest = 0;
        for (float logit : expected) {
            largest = Math.max(largest, Math.abs(logit));
        }
        int classes = checkpoint.network().classes();
        assertEquals(expected.length, shape.getFirst() * classes);
        for (int n = 0; n < shape.getFirst(); n++) {
            double[] logits = new DoubleReference(checkpoint).logits(input, n * input.length / shape.getFirst());
            for (int c = 0; c < classes; c++) {
                assertEquals(expected[n * classes + c], logits[c], tolerance * largest, "picture " + n + " class " + c);
            }
        }
    }
}
