package dev.spindle.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MultiplierTest {

    private static final BigInteger LOWEST = BigInteger.valueOf(Integer.MIN_VALUE);
    private static final BigInteger HIGHEST = BigInteger.valueOf(Integer.MAX_VALUE);

    /** The definition, with integers of any size. */
    private static int exact(int x, int value, int shift) {
        BigInteger left = BigInteger.valueOf(x).shiftLeft(Math.max(shift, 0)).max(LOWEST).min(HIGHEST);
        // shiftRight rounds down.
        BigInteger high = left.multiply(BigInteger.valueOf(value)).add(BigInteger.ONE.shiftLeft(30)).shiftRight(31);
        if (shift < 0) {
            BigInteger half = BigInteger.ONE.shiftLeft(-shift - 1);
            BigInteger magnitude = high.abs().add(half).shiftRight(-shift);
            high = high.signum() < 0 ? magnitude.negate() : magnitude;
        }
        return high.intValueExact();
    }

    @Test
    void productsAreExactForAllShifts() {
        Random random = new Random(1);
        int[] edges = {0, 1, -1, 2, -2, 127, -128, 1 << 30, -(1 << 30), Integer.MAX_VALUE, Integer.MIN_VALUE};
        for (int shift = -31; shift <= 30; shift++) {
            for (int i = 0; i < 2000; i++) {
                int x = i < edges.length ? edges[i] : random.nextInt() >> random.nextInt(32);
                int value = i % 7 == 0 ? 1 << 30 : i % 7 == 1 ? Integer.MAX_VALUE : random.nextInt(1 << 30, Integer.MAX_VALUE);
                assertEquals(exact(x, value, shift), Multiplier.apply(x, value, shift), x + " * " + value + " 2^" + shift);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"3, 1, 2", "-3, 1, -2", "5, 1, 3", "-5, 1, -3", "1, 1, 1", "-1, 1, -1", "6, 2, 2", "-6, 2, -2", "-5, 2, -1"})
    void halvesGoAwayFromZero(int x, int bits, int expected) {
        assertEquals(expected, Multiplier.shiftRight(x, bits));
        // 2^31 / 2 is the multiplier of one half: the first of the two roundings has nothing to round of an even number.
        assertEquals(expected, Multiplier.apply(2 * x, 1 << 30, -bits));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 0.5, 0.75, 0.000123, 3.7, 1023.9, 0x1p-31, 0.49999999999, 0.99999999999, 0x1.fffffep29})
    void aFactorIsMetToHalfAStep(double factor) {
        Multiplier found = Multiplier.of(factor);
        assertTrue(found.value() >= 1 << 30, found.toString());
        assertEquals(factor, Math.scalb((double) found.value(), found.shift() - 31), factor * 0x1p-31);
    }

    @Test
    void whatRoundsUpToOneGoesToTheNextPower() {
        assertEquals(new Multiplier(1 << 30, 1), Multiplier.of(1 - 0x1p-40));
        assertEquals(new Multiplier(0, 0), Multiplier.of(0x1p-40));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY, 0x1p30})
    void absurdFactorsAreRefused(double factor) {
        assertThrows(IllegalArgumentException.class, () -> Multiplier.of(factor));
    }

    @Test
    void shiftsOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Multiplier(1 << 30, 31));
        assertThrows(IllegalArgumentException.class, () -> new Multiplier(1 << 30, -32));
        assertThrows(IllegalArgumentException.class, () -> new Multiplier(-1, 0));
    }
}
