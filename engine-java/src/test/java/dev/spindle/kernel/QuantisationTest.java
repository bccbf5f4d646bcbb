package dev.spindle.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantisationTest {

    @ParameterizedTest
    @CsvSource({
        "0, 100", "0.5, 101", "0.25, 101", "-0.25, 99", "0.249, 100", "-0.249, 100", "0.75, 102", "-0.75, 98", "1e9, 255",
        "-1e9, 0", "Infinity, 255", "-Infinity, 0", "NaN, 100", "77.5, 255", "-50, 0"
    })
    void halvesGoAwayFromZeroAndTheRestSaturates(float value, int expected) {
        assertEquals(expected, new Quantisation(0.5f, 100).quantise(value));
    }

    @Test
    void everyByteIsTheNearestToItself() {
        for (int zero : new int[] {0, 3, 128, 255}) {
            Quantisation quantisation = new Quantisation(0.0235294f, zero);
            for (int stored = 0; stored <= 255; stored++) {
                assertEquals(stored, quantisation.quantise(quantisation.dequantise(stored)));
            }
            assertEquals(Math.max(zero, 255 - zero), quantisation.reach());
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0, -1, Float.NaN, Float.POSITIVE_INFINITY, 1e9f})
    void absurdScalesAreRefused(float scale) {
        assertThrows(IllegalArgumentException.class, () -> new Quantisation(scale, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 256})
    void zeroPointsAreBytes(int zero) {
        assertThrows(IllegalArgumentException.class, () -> new Quantisation(1, zero));
    }

    /** The quotient in fp32, rounded in double precision as TensorFlow Lite writes it, for any bits whatever. */
    @Test
    void manyRoundAsTheDefinitionDoes() {
        Random random = new Random(20180113);
        float[] values = new float[3 + 100_000];
        int[] found = new int[values.length - 3];
        for (float scale : new float[] {0.5f, 0.0078125f, 0.37f, 1e-30f, 65536}) {
            for (int i = 0; i < values.length; i++) {
                int near = random.nextInt(-600, 600);
                values[i] = i % 2 == 0
                        ? Float.intBitsToFloat(random.nextInt())
                        : Float.intBitsToFloat(Float.floatToRawIntBits(0.5f * near * scale) + random.nextInt(3) - 1);
            }
            int zeroPoint = random.nextInt(256);
            new Quantisation(scale, zeroPoint).quantise(values, 3, found);
            for (int i = 0; i < found.length; i++) {
                float value = values[3 + i];
                double steps = value / scale;
                long rounded = (long) (int) (steps + Math.copySign(0.5, steps));
                assertEquals(Math.clamp(rounded + zeroPoint, 0, 255), found[i], () -> value + " of " + scale);
            }
        }
    }
}
