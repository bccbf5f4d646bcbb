package dev.spindle.plan;

import dev.spindle.kernel.Multiplier;
import java.util.Optional;

/**
 * The quick form of one channel's {@link Multiplier}, in floats that are rounded down:
 * {@code zeroPoint + floor(scale * x + (rest * x + offset))} with {@code x = sum + half}. It is found by proof alone: each
 * step from a byte to the next that the channel's sums can meet has to be where the multiplier has it.
 *
 * <p>With a multiplier {@code m * 2^(-31 - right)} the two roundings of TensorFlow Lite add up to one division,
 * {@code floor((sum * m + 2^30 + 2^(30 + right)) / 2^(31 + right))}, for sums of at least 0; below, the second one goes the
 * other way, which takes 2^31 off. So all steps lie on a line, and an offset in the middle between those that would shift
 * one of them leaves most room for the error of {@code rest * x + offset}.
 *
 * @param half half a step in units of the sum
 * @param scale the multiplier, rounded
 * @param rest what that lacks, exactly
 * @param offset for sums of at least 0
 * @param below the same for sums below 0
 */
record QuickRescale(int half, float scale, float rest, float offset, float below) {

    /** Steps times this much fit 64 bits. */
    private static final int LARGEST_RIGHT = 22;

    private static final long FIRST_HALF = 1L << 30;

    /**
     * Finds the form.
     *
     * @param multiplier of the channel
     * @param zeroPoint of the result
     * @param low lower bound of the result
     * @param high upper bound of the result
     * @param largest the largest absolute value of a sum, below 2^31
     * @return the form, or nothing where it would not be exact
     */
    static Optional<QuickRescale> of(Multiplier multiplier, int zeroPoint, int low, int high, long largest) {
        int least = multiplier.apply((int) -largest);
        int most = multiplier.apply((int) largest);
        int from = Math.max(least, low - zeroPoint) + 1;
        int to = Math.min(most, high - zeroPoint);
        if (from > to) {
            float only = Math.min(from - 1, high - zeroPoint);
            return Optional.of(new QuickRescale(0, 0, 0, only, only));
        }
        int right = -multiplier.shift();
        if (right < 0 || right > LARGEST_RIGHT) {
            return Optional.empty();
        }
        int m = multiplier.value();
        double factor = Math.scalb((double) m, -31 - right);
        float scale = (float) factor;
        long constant = FIRST_HALF + (right > 0 ? FIRST_HALF << right : 0);
        int half = (int) ((constant + m / 2) / m);
        Line above = new Line(m, right, constant - (long) half * m);
        Line below = new Line(m, right, above.constant - (right > 0 ? 2 * FIRST_HALF : 0));
        // The steps next to those within reach count, too: a sum may be just short of them.
        QuickRescale form = new QuickRescale(
                half,
                scale,
                (float) (factor - scale),
                above.middle(Math.max(from, 1), to + 1),
                below.middle(from - 1, Math.min(to, 0)));
        boolean exact = largest + half < RoundedDown.EXACT;
        boolean begins = least <= low - zeroPoint || exact && form.reaches(half - largest, form.below, from - 1);
        boolean ends = most >= high - zeroPoint || exact && !form.reaches(half + largest, form.offset, to + 1);
        return begins && ends
                        && form.steps(above, form.offset, Math.max(from, 1), to)
                        && form.steps(below, form.below, from, Math.min(to, 0))
                ? Optional.of(form)
                : Optional.empty();
    }

    /** Whether all steps are where they belong. */
    private boolean steps(Line line, float by, int from, int to) {
        for (int step = from; step <= to; step++) {
            long x = line.first(step);
            if (Math.abs(x) >= RoundedDown.EXACT - 1 || !reaches(x, by, step) || reaches(x - 1, by, step)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the form makes at least {@code step} of x. In double precision all of this is exact. */
    private boolean reaches(long x, float by, int step) {
        return RoundedDown.fma(rest, x, by) >= step - (double) scale * x;
    }

    /** {@code (m * x + constant) / 2^(31 + right)} */
    private record Line(int m, int right, long constant) {

        /** The least x that gives at least {@code step}. */
        long first(int step) {
            return Math.ceilDiv(((long) step << 31 + right) - constant, m);
        }

        /** The constant, but in the middle of those with the same steps. */
        float middle(int from, int to) {
            long least = m;
            long most = 0;
            for (int step = from; step <= to; step++) {
                // How far the first x is past the step.
                long past = Math.floorMod(constant - ((long) step << 31 + right), (long) m);
                least = Math.min(least, past);
                most = Math.max(most, past);
            }
            return (float) Math.scalb(constant + 0.5 * (m - most - least), -31 - right);
        }
    }
}
