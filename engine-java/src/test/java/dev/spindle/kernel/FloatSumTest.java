package dev.spindle.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FloatSumTest {

    private final Random random = new Random(20180113);

    private static Quantisation map(double scale, int zeroPoint) {
        return new Quantisation((float) scale, zeroPoint);
    }

    private static byte[] results(QuantisedSum sum) {
        byte[] results = new byte[1 << 16];
        for (int pair = 0; pair < results.length; pair++) {
            results[pair] = (byte) sum.apply((pair >> 8) - sum.own().zeroPoint(), (pair & 255) - sum.residual().zeroPoint());
        }
        return results;
    }

    private static void check(QuantisedSum sum, FloatSum form) {
        for (int own = -sum.own().zeroPoint(); own <= 255 - sum.own().zeroPoint(); own++) {
            for (int residual = -sum.residual().zeroPoint(); residual <= 255 - sum.residual().zeroPoint(); residual++) {
                assertEquals(sum.apply(own, residual) - sum.output().zeroPoint(), form.apply(own, residual));
            }
        }
    }

    @Test
    void isTheSumOfAllPairs() {
        int found = 0;
        for (int i = 0; i < 60; i++) {
            QuantisedSum sum = QuantisedSum.of(
                    map(random.nextDouble(0.05, 0.5), random.nextInt(256)),
                    map(random.nextDouble(0.05, 0.5), random.nextInt(256)),
                    map(random.nextDouble(0.05, 0.5), random.nextInt(256)));
            Optional<FloatSum> form = FloatSum.of(sum, results(sum));
            form.ifPresent(inFloat -> check(sum, inFloat));
            found += form.isPresent() ? 1 : 0;
        }
        assertTrue(found > 55, "only " + found + " of 60 sums can be computed in fp32");
    }

    /** Of a published model: 4 of one map less 10 of the other is half a step but for 2^-20, on both sides of zero. */
    @Test
    void roundsNearTiesBySign() {
        QuantisedSum sum = QuantisedSum.of(map(0.16990492f, 97), map(0.18986915f, 122), map(0.18754955f, 114));
        check(sum, FloatSum.of(sum, results(sum)).orElseThrow());
    }

    /** Powers of two tie everywhere. */
    @Test
    void roundsTies() {
        QuantisedSum sum = QuantisedSum.of(map(0.25, 128), map(0.125, 100), map(0.5, 30));
        check(sum, FloatSum.of(sum, results(sum)).orElseThrow());
    }

    @Test
    void isNotWhatGivesOtherResults() {
        QuantisedSum sum = QuantisedSum.of(map(0.25, 128), map(0.125, 100), map(0.5, 30));
        byte[] results = results(sum);
        results[12345] ^= 1;
        assertEquals(Optional.empty(), FloatSum.of(sum, results));
    }

    /** A factor that is too large for a quarter beside it. */
    @Test
    void isNotForMapsFarApart() {
        QuantisedSum sum = QuantisedSum.of(map(1000, 128), map(0.001, 100), map(0.01, 30));
        assertEquals(Optional.empty(), FloatSum.of(sum, results(sum)));
    }
}
