package dev.spindle.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the real softmax; the networks' tests hold it against TensorFlow Lite's bytes. */
class QuantisedSoftmaxTest {

    private static byte[] softmax(float scale, int[] logits) {
        byte[] output = new byte[logits.length + 2];
        new QuantisedSoftmax(new Quantisation(scale, 7)).apply(logits, logits.length, output, 1);
        assertEquals(0, output[0] + output[output.length - 1]);
        return Arrays.copyOfRange(output, 1, output.length - 1);
    }

    @ParameterizedTest
    @ValueSource(floats = {1e-3f, 0.01f, 0.0633f, 0.0989f, 0.25f, 1, 7, 16, 1000})
    void everyShareIsWithinAStep(float scale) {
        Random random = new Random(3);
        for (int count : new int[] {1, 2, 10, 1001}) {
            int[] logits = random.ints(count, 0, 256).toArray();
            int largest = Arrays.stream(logits).max().orElseThrow();
            double sum = Arrays.stream(logits).mapToDouble(logit -> Math.exp(scale * (logit - largest))).sum();
            byte[] found = softmax(scale, logits);
            for (int i = 0; i < count; i++) {
                double exact = 256 * Math.exp(scale * (logits[i] - largest)) / sum;
                assertEquals(Math.min(255, exact), found[i] & 0xff, 0.51, scale + ", " + count + " classes, class " + i);
            }
        }
    }

    @Test
    void onlyDifferencesCount() {
        int[] logits = {3, 200, 190, 100};
        int[] shifted = Arrays.stream(logits).map(logit -> logit - 150).toArray();
        assertArrayEquals(softmax(0.1f, logits), softmax(0.1f, shifted));
        assertArrayEquals(new byte[] {64, 64, 64, 64}, softmax(0.1f, new int[] {5, 5, 5, 5}));
    }
}
