package dev.spindle.kernel;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/**
 * {@link Requantisation} in a handful of fp32 operations of sums that fp32 holds exactly, with the same result: proved when it
 * is planned, channel by channel. With x for the sum, bias included, the step is clamped and computed in one of two ways:
 *
 * <ul>
 * <li>Direct: {@code n = fma(x + nudge, factor, MAGIC) - MAGIC}, the whole number next to the product. The nudge makes up for
 * TensorFlow Lite's two roundings and for what the factor lacks of the multiplier's 31 bits. The second rounding takes negative
 * sums the other way: where there are negative steps, the nudge is taken off them instead.
 * <li>Careful: the factor is the multiplier's leading 24 bits, and {@code rest} what is left. With n as before, but without
 * a nudge, {@code e = fma(x, -rest, fma(x, -factor, n))} tells how far n lies above the product. The step is n + 1 where e is
 * at most the channel's bound, else n; for negative x, n where e is at most the negative bound, else n - 1.
 * </ul>
 *
 * <p>Proof: these functions never fall as x grows, the careful one on each side of 0, since n does not fall, and e does not
 * grow while n stays. Neither do the true steps. Two such functions are equal where they agree on both sides of every jump,
 * and at -1 and 0; factors, nudges and bounds are chosen so that they do. Where none do, there is no such object.
 *
 * @param factors one a padded output channel, 0 behind the last
 * @param nudges likewise; of account only where the channel is direct
 * @param rests likewise; of account only where it is not, as the bounds
 * @param bounds likewise
 * @param negativeBounds likewise
 * @param direct whether the channel is computed directly, the same for all of a channel block
 * @param low least step: the difference to the zero point
 * @param high largest step
 */
public record FloatRequantisation(
        float[] factors,
        float[] nudges,
        float[] rests,
        float[] bounds,
        float[] negativeBounds,
        boolean[] direct,
        int low,
        int high) {

    /** Added to a float below 2^22, it leaves the nearest whole number in the lowest bits. */
    public static final float MAGIC = 0x1.8p23f;

    /** A bound that an e of 0 does not meet, so that lanes behind the last channel stay 0. */
    private static final float NEVER = -1;

    /**
     * What there is to be computed: of each padded output channel the {@link Multiplier}'s value, 0 behind the last channel, and
     * its shift, and the least and the largest sum, bias included, which are below 2^24.
     */
    public record Channels(int[] multipliers, int[] shifts, int[] least, int[] most) {

        /** Behind the last channel from {@code from} that has the same multiplier. */
        private int sameUntil(int from) {
            int to = from + 1;
            while (to < multipliers.length && multipliers[to] == multipliers[from] && shifts[to] == shifts[from]) {
                to++;
            }
            return to;
        }
    }

    /**
     * The fp32 form of multipliers.
     *
     * @param channels what is to be computed
     * @param channelBlock channels that are computed in the same way
     * @param low least step
     * @param high largest step
     * @return empty where the result would not always be that of {@link Multiplier#apply(int, int, int)}, clamped
     */
    public static Optional<FloatRequantisation> of(Channels channels, int channelBlock, int low, int high) {
        FloatRequantisation all = empty(channels.multipliers.length, low, high);
        float[] directFactors = new float[all.factors.length];
        for (int from = 0, to; from < all.factors.length; from = to) {
            to = channels.sameUntil(from);
            if (!all.fit(from, to, new Jumps(channels, from, to, low, high), directFactors)) {
                return Optional.empty();
            }
        }
        for (int block = 0; block < all.factors.length; block += channelBlock) {
            all.chooseDirect(block, block + channelBlock, directFactors);
        }
        return Optional.of(all);
    }

    /**
     * The fp32 form of any steps next to a product.
     *
     * @param steps of a sum, not clamped; it never falls
     * @param factor of the product
     * @param least sum
     * @param most largest sum, below 2^24 as the least
     * @param channelBlock how many channels have these steps
     * @param low least step
     * @param high largest step
     * @return empty where the result would not always be that of {@code steps}, clamped
     */
    public static Optional<FloatRequantisation> of(
            IntUnaryOperator steps, double factor, int least, int most, int channelBlock, int low, int high) {
        FloatRequantisation all = empty(channelBlock, low, high);
        float[] directFactors = new float[channelBlock];
        if (!all.fit(0, channelBlock, new Jumps(steps, factor, least, most, low, high), directFactors)) {
            return Optional.empty();
        }
        all.chooseDirect(0, channelBlock, directFactors);
        return Optional.of(all);
    }

    private static FloatRequantisation empty(int count, int low, int high) {
        return new FloatRequantisation(
                new float[count], new float[count], new float[count], new float[count], new float[count],
                new boolean[count], low, high);
    }

    /** Sets the numbers of channels with the same steps; of their factors, the careful ones. Whether there are such. */
    private boolean fit(int from, int to, Jumps jumps, float[] directFactors) {
        DirectFit fit = new DirectFit(jumps);
        Arrays.fill(directFactors, from, to, fit.factor);
        Arrays.fill(nudges, from, to, fit.nudge);
        Arrays.fill(direct, from, to, fit.isRight());
        return fitCarefully(from, to, jumps);
    }

    private void chooseDirect(int from, int to, float[] directFactors) {
        boolean every = true;
        for (int channel = from; channel < to; channel++) {
            every &= direct[channel];
        }
        Arrays.fill(direct, from, to, every);
        if (every) {
            System.arraycopy(directFactors, from, factors, from, to - from);
        }
    }

    /** Whether all of {@code count} channels from {@code channel}, whole blocks, are direct, and none has negative steps. */
    public boolean isSimple(int channel, int count) {
        boolean simple = !signed();
        for (int i = channel; i < channel + count; i++) {
            simple &= direct[i];
        }
        return simple;
    }

    /** Whether there are negative steps. */
    public boolean signed() {
        return low < 0;
    }

    private boolean fitCarefully(int from, int to, Jumps jumps) {
        float nearest = (float) jumps.multiplier;
        float factor = nearest > jumps.multiplier ? Math.nextDown(nearest) : nearest;
        Arrays.fill(factors, from, to, factor);
        Arrays.fill(rests, from, to, (float) (jumps.multiplier - factor));
        Fit rising = new Fit(from);
        Fit falling = signed() ? new Fit(from) : rising;
        for (int step = low + 1; step <= high; step++) {
            int first = jumps.first(step);
            if (first <= jumps.most) {
                (first < 0 ? falling : rising).reaches(first, step);
                if (first < 0 && jumps.most >= 0) {
                    rising.reaches(0, step);
                }
            }
            if (first > jumps.least) {
                (first <= 0 ? falling : rising).staysBelow(first - 1, step);
                if (first > 0 && jumps.least < 0) {
                    falling.staysBelow(-1, step);
                }
            }
        }
        Arrays.fill(bounds, from, to, rising.bound());
        Arrays.fill(negativeBounds, from, to, falling.bound());
        return rising.possible() && falling.possible();
    }

    /** The whole number next to the product, not clamped; far from 0, any that is as far on the same side. */
    private static int nearest(float x, float factor) {
        return Math.max(0, Float.floatToRawIntBits(Math.fma(x, factor, MAGIC))) - Float.floatToRawIntBits(MAGIC);
    }

    /** The direct step, not clamped. */
    private static int directStep(float x, float nudge, float factor, boolean signed) {
        return nearest(signed && x < 0 ? x - nudge : x + nudge, factor);
    }

    /** The careful step where e is above the bound, not clamped. */
    private int lesserStep(int channel, float x) {
        return nearest(x, factors[channel]) - (signed() && x < 0 ? 1 : 0);
    }

    /** How far the whole number lies above the product. */
    private float excess(int channel, float x) {
        float whole = Math.fma(x, factors[channel], MAGIC) - MAGIC;
        return Math.fma(x, -rests[channel], Math.fma(x, -factors[channel], whole));
    }

    /**
     * The step, as kernels compute it.
     *
     * @param channel the output channel
     * @param sum the bias included
     */
    public int apply(int channel, int sum) {
        if (direct[channel]) {
            return Math.clamp(directStep(sum, nudges[channel], factors[channel], signed()), low, high);
        }
        float bound = signed() && sum < 0 ? negativeBounds[channel] : bounds[channel];
        return Math.clamp((long) lesserStep(channel, sum) + (excess(channel, sum) <= bound ? 1 : 0), low, high);
    }

    /** Where true steps jump. */
    private static final class Jumps {
        final double multiplier;
        final int least;
        final int most;
        final int low;
        final int high;
        private final int[] firsts;

        Jumps(Channels channels, int from, int to, int low, int high) {
            this(
                    sum -> Multiplier.apply(sum, channels.multipliers[from], channels.shifts[from]),
                    new Multiplier(channels.multipliers[from], channels.shifts[from]).factor(),
                    Arrays.stream(channels.least, from, to).min().orElseThrow(),
                    Arrays.stream(channels.most, from, to).max().orElseThrow(), low, high);
        }

        Jumps(IntUnaryOperator steps, double multiplier, int least, int most, int low, int high) {
            this.multiplier = multiplier;
            this.least = least;
            this.most = most;
            this.low = low;
            this.high = high;
            this.firsts = new int[high - low];
            for (int i = 0; i < firsts.length; i++) {
                firsts[i] = first(low + 1 + i, steps);
            }
        }

        private int first(int step, IntUnaryOperator steps) {
            if (multiplier == 0) {
                return step > 0 ? most + 1 : least;
            }
            int first = (int) Math.clamp(Math.ceil((step - 0.5) / multiplier), least, most + 1.0);
            while (first > least && steps.applyAsInt(first - 1) >= step) {
                first--;
            }
            while (first <= most && steps.applyAsInt(first) < step) {
                first++;
            }
            return first;
        }

        /** The least sum whose step is not below {@code step}; {@code most + 1} where there is none. */
        int first(int step) {
            return firsts[step - low - 1];
        }
    }

    /** Narrows a bound down to where one side's careful steps are right. */
    private final class Fit {
        private final int channel;
        private float least = Float.NEGATIVE_INFINITY;
        private float above = Float.POSITIVE_INFINITY;
        private boolean near = true;

        Fit(int channel) {
            this.channel = channel;
        }

        void reaches(int sum, int step) {
            int lesser = lesserStep(channel, sum);
            if (lesser == step - 1) {
                least = Math.max(least, excess(channel, sum));
            }
            near &= lesser >= step - 1;
        }

        void staysBelow(int sum, int step) {
            int lesser = lesserStep(channel, sum);
            if (lesser == step - 1) {
                above = Math.min(above, excess(channel, sum));
            }
            near &= lesser < step;
        }

        boolean possible() {
            return near && least < above;
        }

        float bound() {
            return least > Float.NEGATIVE_INFINITY ? least : Math.min(NEVER, Math.nextDown(above));
        }
    }

    /** The factor next to the multiplier that leaves most room for the nudge. */
    private static final class DirectFit {
        /** How many floats on either side of the multiplier are tried. */
        private static final int NEIGHBOURS = 3;

        private final Jumps jumps;
        private float factor;
        private float nudge;
        private double room = Double.NEGATIVE_INFINITY;

        DirectFit(Jumps jumps) {
            this.jumps = jumps;
            int nearest = Float.floatToRawIntBits((float) jumps.multiplier);
            for (int bits = nearest - NEIGHBOURS; bits <= nearest + NEIGHBOURS; bits++) {
                consider(Float.intBitsToFloat(Math.max(0, bits)));
            }
        }

        private void consider(float candidate) {
            double inverse = 1.0 / candidate;
            double from = -1;
            double to = 1;
            for (int step = jumps.low + 1; step <= jumps.high; step++) {
                int first = jumps.first(step);
                // Of a negative step, the jump is at the sum below, whose magnitude is one more.
                boolean negative = jumps.low < 0 && step <= 0;
                double edge = Math.abs(step - 0.5) * inverse - (negative ? 1 - first : first);
                if (negative ? first > jumps.least : first <= jumps.most) {
                    from = Math.max(from, edge);
                }
                if (negative ? first <= jumps.most : first > jumps.least) {
                    to = Math.min(to, edge + 1);
                }
            }
            if (to - from > room) {
                room = to - from;
                factor = candidate;
                nudge = (float) ((from + to) / 2);
            }
        }

        boolean isRight() {
            boolean right = room > 0;
            for (int step = jumps.low + 1; step <= jumps.high && right; step++) {
                int first = jumps.first(step);
                right = (first > jumps.most || reaches(first, step) && (jumps.most < 0 || reaches(Math.max(first, 0), step)))
                        && (first <= jumps.least
                                || !reaches(first - 1, step) && (jumps.least >= 0 || !reaches(Math.min(first - 1, -1), step)));
            }
            return right;
        }

        private boolean reaches(int sum, int step) {
            return directStep(sum, nudge, factor, jumps.low < 0) >= step;
        }
    }
}
