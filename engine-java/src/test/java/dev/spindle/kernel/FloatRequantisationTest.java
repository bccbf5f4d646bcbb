package dev.spindle.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against TensorFlow Lite's two roundings in big integers, around every jump from one step to the next. */
class FloatRequantisationTest {

    private static final int BLOCK = 16;

    /** Below 2^24 with the sum. */
    private static final int REACH = (1 << 23) - 1;

    private final Random random = new Random(11);

    /** {@code SaturatingRoundingDoublingHighMul}, then {@code RoundingDivideByPOT}. */
    private static int exact(int sum, int value, int shift) {
        BigInteger product = BigInteger.valueOf(sum).shiftLeft(Math.max(shift, 0)).multiply(BigInteger.valueOf(value));
        BigInteger high = product.add(BigInteger.ONE.shiftLeft(30)).shiftRight(31);
        BigInteger half = BigInteger.ONE.shiftLeft(Math.max(-shift, 0)).shiftRight(1);
        BigInteger magnitude = high.abs().add(half).shiftRight(Math.max(-shift, 0));
        return (high.signum() < 0 ? magnitude.negate() : magnitude).intValue();
    }

    /** Channels whose factors have this shift, with the last lane unused. */
    private FloatRequantisation.Channels channels(int shift, int biasBound) {
        int[] multipliers = new int[BLOCK];
        int[] shifts = new int[BLOCK];
        int[] least = new int[BLOCK];
        int[] most = new int[BLOCK];
        for (int channel = 0; channel < BLOCK - 1; channel++) {
            int bias = random.nextInt(-biasBound, biasBound + 1);
            multipliers[channel] = random.nextInt(4) == 0 ? 1 << 30 : (1 << 30) + random.nextInt(1 << 30);
            shifts[channel] = shift;
            least[channel] = bias - REACH;
            most[channel] = bias + REACH;
        }
        return new FloatRequantisation.Channels(multipliers, shifts, least, most);
    }

    private static void check(FloatRequantisation by, FloatRequantisation.Channels channels, int channel, long sum) {
        if (sum < channels.least()[channel] || sum > channels.most()[channel]) {
            return;
        }
        int exact = exact((int) sum, channels.multipliers()[channel], channels.shifts()[channel]);
        assertEquals(
                Math.clamp(exact, by.low(), by.high()), by.apply(channel, (int) sum),
                () -> "sum " + sum + " times " + channels.multipliers()[channel] + " shifted by " + channels.shifts()[channel]);
    }

    private void checkAll(FloatRequantisation by, FloatRequantisation.Channels channels) {
        for (int channel = 0; channel < BLOCK; channel++) {
            double factor = Math.scalb((double) channels.multipliers()[channel], channels.shifts()[channel] - 31);
            for (int step = by.low() - 1; factor > 0 && step <= by.high() + 1; step++) {
                long jump = Math.round((step - 0.5) / factor);
                for (long sum = jump - 3; sum <= jump + 3; sum++) {
                    check(by, channels, channel, sum);
                }
            }
            for (int sum : new int[] {channels.least()[channel], -1, 0, 1, channels.most()[channel]}) {
                check(by, channels, channel, sum);
            }
            for (int i = 0; i < 500; i++) {
                check(by, channels, channel, random.nextInt(channels.least()[channel], channels.most()[channel] + 1));
            }
        }
    }

    @Test
    void jumpsWhereTensorFlowLiteDoes() {
        int[] direct = new int[2];
        int[] careful = new int[2];
        for (int shift = -12; shift <= -1; shift++) {
            for (int low : new int[] {0, -255, -128, -1}) {
                for (int round = 0; round < 4; round++) {
                    FloatRequantisation.Channels channels = channels(shift, round == 0 ? 0 : 1 << 4 * round);
                    FloatRequantisation by = FloatRequantisation.of(channels, BLOCK, low, 255 + low).orElseThrow();
                    checkAll(by, channels);
                    (by.direct()[0] ? direct : careful)[by.signed() ? 1 : 0]++;
                    assertEquals(by.direct()[0] && low == 0, by.isSimple(0, BLOCK));
                }
            }
        }
        String counts = Arrays.toString(direct) + " direct, " + Arrays.toString(careful) + " careful";
        assertTrue(Math.min(direct[0], direct[1]) > 0 && Math.min(careful[0], careful[1]) > 0, counts);
    }

    @Test
    void unusedLanesStayZero() {
        for (int low : new int[] {0, -7}) {
            FloatRequantisation by = FloatRequantisation.of(channels(-6, 1000), BLOCK, low, 200).orElseThrow();
            assertEquals(0, by.apply(BLOCK - 1, 0));
        }
    }

    /**
     * Factors from a half have one rounding only, and negative sums in the middle may have no bound; with very small factors,
     * neighbouring sums are almost the same.
     */
    @Test
    void isRightOrIsNot() {
        int none = 0;
        for (int shift = -24; shift <= 3; shift++) {
            for (int low : new int[] {0, -128}) {
                FloatRequantisation.Channels channels = channels(shift, 1000);
                Optional<FloatRequantisation> by = FloatRequantisation.of(channels, BLOCK, low, 255 + low);
                by.ifPresent(found -> checkAll(found, channels));
                none += by.isEmpty() ? 1 : 0;
            }
        }
        assertTrue(none > 0 && none < 28, none + " of 56 cannot be computed in fp32");
    }

    @Test
    void channelsOfABlockAreComputedInTheSameWay() {
        FloatRequantisation.Channels channels = channels(-5, 0);
        channels.shifts()[3] = -12;
        Arrays.fill(channels.least(), 3, 4, 0);
        Arrays.fill(channels.most(), 3, 4, 2 * REACH);
        FloatRequantisation by = FloatRequantisation.of(channels, BLOCK, 0, 255).orElseThrow();
        for (boolean direct : by.direct()) {
            assertEquals(by.direct()[0], direct);
        }
        checkAll(by, channels);
    }
}
