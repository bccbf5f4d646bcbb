package dev.spindle.kernel;

import java.util.Optional;

/**
 * {@link QuantisedSum} in a handful of fp32 operations, with the same result: proved for all pairs of bytes when it is planned.
 * With x and y for the two steps, {@code a = fma(x, ownFactor, fma(y, residualFactor, QUARTER))} is exact, since the factors
 * have few bits, and {@code e = fma(x, ownRest, fma(y, residualRest, offset))} is what those lack, and a quarter. The step is
 * the whole number next to a, or the one below where its distance to a and e add up to less than 0; it is clamped.
 *
 * @param ownFactor leading bits of the convolution's scale in units of the result's
 * @param residualFactor the same of the other map
 * @param ownRest what that lacks
 * @param residualRest for the other map
 * @param offset brings the jumps to where TensorFlow Lite has them
 * @param offsetBelow the same where a is below a quarter: negative sums are rounded the other way
 * @param low least step
 * @param high largest step
 */
public record FloatSum(
        float ownFactor,
        float residualFactor,
        float ownRest,
        float residualRest,
        float offset,
        float offsetBelow,
        int low,
        int high) {

    /** Between the whole number next to a sum, and the one below it plus a half. */
    public static final float QUARTER = 0.25f;

    /** Factors of 14 bits: two products with a step, and a quarter, fit into a float's 24 bits. */
    private static final int FACTOR_BITS = 14;

    private static final int LARGEST_EXPONENT = 13;

    private static final int PAIRS = (Quantisation.MAX + 1) * (Quantisation.MAX + 1);

    /**
     * The fp32 form of a sum.
     *
     * @param sum what is to be computed
     * @param results of it, bytes {@code [256][256]} by own and residual byte
     * @return empty where not all results would be the same
     */
    public static Optional<FloatSum> of(QuantisedSum sum, byte[] results) {
        double own = (double) sum.own().scale() / sum.output().scale();
        double residual = (double) sum.residual().scale() / sum.output().scale();
        int exponent = Math.min(LARGEST_EXPONENT, FACTOR_BITS - 1 - Math.getExponent(Math.max(own, residual)));
        if (Math.scalb(QUARTER, exponent) < 1) {
            return Optional.empty();
        }
        float ownFactor = factor(own, exponent);
        float residualFactor = factor(residual, exponent);
        int low = -sum.output().zeroPoint();
        FloatSum form = new FloatSum(
                ownFactor, residualFactor, (float) (own - ownFactor), (float) (residual - residualFactor), 0, 0, low,
                low + Quantisation.MAX);
        FloatSum fitted = new FloatSum(
                ownFactor, residualFactor, form.ownRest, form.residualRest, form.middle(sum, results, false),
                form.middle(sum, results, true), low, form.high);
        return fitted.gives(sum, results) ? Optional.of(fitted) : Optional.empty();
    }

    private static float factor(double exact, int exponent) {
        return (float) Math.scalb(Math.rint(Math.scalb(exact, exponent)), -exponent);
    }

    private static int own(QuantisedSum sum, int pair) {
        return (pair >> Byte.SIZE) - sum.own().zeroPoint();
    }

    private static int residual(QuantisedSum sum, int pair) {
        return (pair & Quantisation.MAX) - sum.residual().zeroPoint();
    }

    private float leading(int own, int residual) {
        return Math.fma(own, ownFactor, Math.fma(residual, residualFactor, QUARTER));
    }

    /** The offset in the middle of those that give these results on one side of zero. */
    private float middle(QuantisedSum sum, byte[] results, boolean below) {
        double least = -1;
        double most = 1;
        for (int pair = 0; pair < PAIRS; pair++) {
            int own = own(sum, pair);
            int residual = residual(sum, pair);
            float leading = leading(own, residual);
            if (leading < QUARTER == below) {
                int step = Byte.toUnsignedInt(results[pair]) + low;
                double exact = leading + (double) own * ownRest + (double) residual * residualRest;
                least = step == low ? least : Math.max(least, step - exact);
                most = step == high ? most : Math.min(most, step + 1 - exact);
            }
        }
        return (float) ((least + most) / 2);
    }

    private boolean gives(QuantisedSum sum, byte[] results) {
        for (int pair = 0; pair < PAIRS; pair++) {
            if (apply(own(sum, pair), residual(sum, pair)) != Byte.toUnsignedInt(results[pair]) + low) {
                return false;
            }
        }
        return true;
    }

    /**
     * The step, as kernels compute it.
     *
     * @param own the convolution's step
     * @param residual the other map's
     */
    public int apply(int own, int residual) {
        float leading = leading(own, residual);
        float rest = Math.fma(own, ownRest, Math.fma(residual, residualRest, leading < QUARTER ? offsetBelow : offset));
        float whole = leading + FloatRequantisation.MAGIC - FloatRequantisation.MAGIC;
        return Math.clamp((long) whole - (leading - whole + rest < 0 ? 1 : 0), low, high);
    }
}
