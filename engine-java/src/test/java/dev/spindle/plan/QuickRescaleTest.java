package dev.spindle.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.Multiplier;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuickRescaleTest {

    private final Random random = new Random(20180113);

    /** What C kernels do with a sum. */
    private static int apply(QuickRescale form, int zeroPoint, int low, int high, int sum) {
        float x = sum + form.half();
        float offset = sum < 0 ? form.below() : form.offset();
        float inner = RoundedDown.fma(form.rest(), (long) x, offset);
        return Math.clamp((long) (zeroPoint + Math.floor((double) form.scale() * x + inner)), low, high);
    }

    private static int expected(Multiplier multiplier, int zeroPoint, int low, int high, int sum) {
        return Math.clamp((long) zeroPoint + multiplier.apply(sum), low, high);
    }

    /** Sums around every step that can be met, and at both ends. */
    private void check(Multiplier multiplier, int zeroPoint, int low, int high, int least, int most) {
        Optional<QuickRescale> found = QuickRescale.of(multiplier, zeroPoint, low, high, least, most);
        assertTrue(found.isPresent(), () -> multiplier + ", " + zeroPoint + ", sums from " + least + " to " + most);
        double step = Math.scalb(1.0, 31 - multiplier.shift()) / multiplier.value();
        for (int byteValue = low - 1; byteValue <= high + 1; byteValue++) {
            int near = (int) Math.rint((byteValue - zeroPoint - 0.5) * step);
            for (int sum = near - 3; sum <= near + 3; sum++) {
                int inside = Math.clamp(sum, least, most);
                assertEquals(
                        expected(multiplier, zeroPoint, low, high, inside),
                        apply(found.get(), zeroPoint, low, high, inside),
                        () -> multiplier + ", " + inside);
            }
        }
    }

    @Test
    void stepsWhereTheMultiplierDoes() {
        int[] ends = {1 << 30, (1 << 30) + 1, Integer.MAX_VALUE, 3 << 29};
        for (int i = 0; i < 2000; i++) {
            int value = i % 10 == 0 ? ends[i / 10 % 4] : random.nextInt(1 << 30, Integer.MAX_VALUE);
            int zeroPoint = random.nextInt(256);
            int low = random.nextBoolean() ? zeroPoint : random.nextInt(20);
            int high = 255 - random.nextInt(Math.min(20, 256 - low));
            check(new Multiplier(value, -random.nextInt(16)), zeroPoint, low, high, -(1 << 30), 1 << 30);
        }
    }

    /** Channels that are nearly dead, and those whose sums end between two steps. */
    @Test
    void countsWhatSumsCanReach() {
        for (int i = 0; i < 2000; i++) {
            Multiplier multiplier = new Multiplier(random.nextInt(1 << 30, Integer.MAX_VALUE), -random.nextInt(32));
            int least = -random.nextInt(1 << random.nextInt(1, 23));
            check(multiplier, random.nextInt(256), 0, 255, least, random.nextInt(1 << random.nextInt(1, 23)));
        }
    }

    /** A sum that is always the same, whatever its size: a channel without weights. */
    @ParameterizedTest
    @CsvSource({"1501199931, -21, -324204896", "1501199931, -21, 11169961", "1073741824, -31, 2147483647", "0, 0, -7"})
    void takesConstants(int value, int shift, int sum) {
        check(new Multiplier(value, shift), 100, 0, 255, sum, sum);
    }

    @ParameterizedTest
    @CsvSource({"1501199931, 1", "1501199931, -17", "1501199931, -23"})
    void leavesTheRestToIntegers(int value, int shift) {
        assertEquals(
                Optional.empty(),
                QuickRescale.of(new Multiplier(value, shift), 0, 0, 255, Integer.MIN_VALUE + 1, Integer.MAX_VALUE));
    }

    @Test
    void roundsDown() {
        assertEquals(0x1.000002p0f, RoundedDown.fma(1, 1, 0x1.8p-23f));
        assertEquals(Math.nextDown(1f), RoundedDown.fma(1, 1, -0x1p-60f));
        assertEquals(Math.nextDown(-1f), RoundedDown.fma(-1, 1, -0x1p-60f));
        assertEquals(1, RoundedDown.fma(1, 1, 0x1p-60f));
        assertEquals(-5, RoundedDown.fma(-1.5f, 4, 1));
    }
}
