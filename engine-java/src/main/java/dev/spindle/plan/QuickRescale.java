package dev.spindle.plan;

import dev.spindle.kernel.Multiplier;
import java.util.Optional;

/**
 * The quick form of one channel's {@link Multiplier}, in floats that are rounded down:
 * {@code zeroPoint + floor(scale * x + (rest * x + offset))} with {@code x = sum + half}. It is there where each step from a
 * byte to the next that the channel's sums can meet is proved to be where the multiplier has it.
 *
 * <p>With a multiplier {@code m * 2^(-31 - right)} the two roundings of TensorFlow Lite add up to one division,
 * {@code floor((sum * m + 2^30 + 2^(30 + right)) / 2^(31 + right))}, for sums of at least 0; below, the second one goes the
 * other way, which takes 2^31 off. So all steps lie on a line. The offset is the middle of those that have the steps where
 * they are, and the error of {@code rest * x + offset} is less than the room beside it; the outer multiply-add is exact for
 * comparisons with whole numbers, and {@code scale + rest} is the multiplier to the last bit.
 *
 * @param half half a step in units of the sum
 * @param scale the multiplier, rounded
 * @param rest what that lacks
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
     * @param leastSum the least sum that there can be, of 32 bits
     * @param mostSum the largest
     * @return the form, or nothing where it is not proved
     */
    static Optional<QuickRescale> of(
            Multiplier multiplier, int zeroPoint, int low, int high, long leastSum, long mostSum) {
        int least = multiplier.apply((int) leastSum);
        int most = multiplier.apply((int) mostSum);
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
        float rest = (float) (factor - scale);
        long constant = FIRST_HALF + (right > 0 ? FIRST_HALF << right : 0);
        int half = (int) ((constant + m / 2) / m);
        Line above = new Line(m, right, constant - (long) half * m);
        Line below = new Line(m, right, above.constant - (right > 0 ? 2 * FIRST_HALF : 0));
        boolean exact = (from > 0 ? above : below).first(from) > -RoundedDown.EXACT + 1
                && (to > 0 ? above : below).first(to) < RoundedDown.EXACT
                && (least <= low - zeroPoint || leastSum + half > -RoundedDown.EXACT)
                && (most >= high - zeroPoint || mostSum + half < RoundedDown.EXACT);
        // The steps next to those within reach count, too: a sum may be just short of them.
        Optional<Float> offset = above.middle(Math.max(from, 1), to + 1, rest);
        Optional<Float> offsetBelow = below.middle(from - 1, Math.min(to, 0), rest);
        return exact && offset.isPresent() && offsetBelow.isPresent()
                ? Optional.of(new QuickRescale(half, scale, rest, offset.get(), offsetBelow.get()))
                : Optional.empty();
    }

    /** {@code (m * x + constant) / 2^(31 + right)} */
    private record Line(int m, int right, long constant) {

        /** The least x that gives at least {@code step}. */
        long first(int step) {
            return Math.ceilDiv(((long) step << 31 + right) - constant, m);
        }

        /**
         * The constant, but in the middle of those with the same steps.
         *
         * @return the constant, or nothing where the error of {@code rest * x + constant} might move a step
         */
        Optional<Float> middle(int from, int to, float rest) {
            long least = m;
            long most = 0;
            long down = (1L << 31 + right) % m;
            // How far the first x is past the step.
            long past = Math.floorMod(constant - ((long) from << 31 + right), (long) m);
            for (int step = from; step <= to; step++) {
                least = Math.min(least, past);
                most = Math.max(most, past);
                past -= past < down ? down - m : down;
            }
            float middle = (float) Math.scalb(constant + 0.5 * (m - most - least), -31 - right);
            double room = Math.scalb(0.5 * (m - most + least), -31 - right);
            float largest = Math.abs(middle) + RoundedDown.EXACT * Math.abs(rest);
            // Rounding the constant, and the sum down.
            return room > 2 * Math.ulp(largest) ? Optional.of(middle) : Optional.empty();
        }
    }
}
