package dev.spindle.plan;

import dev.spindle.kernel.ByteSum;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.QuantisedSum;
import java.util.Optional;

/** Finds the quick form of sums of two maps, and proves it for all pairs of bytes. */
final class QuickSum {

    /** Factors of 14 bits: two products with a byte, and the base, fit into a float's 24 bits. */
    private static final int FACTOR_BITS = 14;

    private static final int LARGEST_EXPONENT = 13;

    /** Further bits of a factor, rounded: 15 bits and a sign. */
    private static final int REST_BITS = 16;

    private QuickSum() {}

    /** The results of a sum, {@code [256][256]} by own and residual byte. */
    static byte[] table(QuantisedSum sum) {
        byte[] table = new byte[(Quantisation.MAX + 1) * (Quantisation.MAX + 1)];
        for (int i = 0; i < table.length; i++) {
            int own = i >> Byte.SIZE;
            int residual = i & Quantisation.MAX;
            table[i] = (byte) sum.apply(own - sum.own().zeroPoint(), residual - sum.residual().zeroPoint());
        }
        return table;
    }

    /** The quick form of a sum whose results are those of the table; nothing where it would not be exact. */
    static Optional<ByteSum> of(QuantisedSum sum, byte[] table) {
        double own = (double) sum.own().scale() / sum.output().scale();
        double residual = (double) sum.residual().scale() / sum.output().scale();
        int exponent = Math.min(LARGEST_EXPONENT, FACTOR_BITS - 1 - Math.getExponent(Math.max(own, residual)));
        double constant = sum.output().zeroPoint() + 0.5
                - own * sum.own().zeroPoint() - residual * sum.residual().zeroPoint();
        int half = (int) Math.scalb(sum.output().zeroPoint() + 0.5, exponent);
        ByteSum form = new ByteSum(
                -1,
                (int) Math.rint(Math.scalb(own, exponent)),
                (int) Math.rint(Math.scalb(residual, exponent)),
                rest(own, exponent),
                rest(residual, exponent),
                (int) Math.floor(Math.scalb(constant, exponent)),
                Math.scalb(1f, -exponent),
                Math.scalb(1f, -exponent - REST_BITS),
                0,
                half,
                0);
        ByteSum middle = new ByteSum(
                -1, form.ownFactor(), form.residualFactor(), form.ownRest(), form.residualRest(), form.base(), form.scale(),
                form.scaleRest(), middle(form, table, false), half, middle(form, table, true));
        return proved(middle, table) ? Optional.of(middle) : Optional.empty();
    }

    /** What a factor of whole numbers lacks; half a step up, which is one too many for 16 bits, is cut. */
    private static int rest(double factor, int exponent) {
        double scaled = Math.scalb(factor, exponent);
        return (int) Math.min(Short.MAX_VALUE, Math.rint(Math.scalb(scaled - Math.rint(scaled), REST_BITS)));
    }

    private static int sum(ByteSum form, int pair) {
        return form.base() + (pair >> Byte.SIZE) * form.ownFactor() + (pair & Quantisation.MAX) * form.residualFactor();
    }

    private static int rest(ByteSum form, int pair) {
        return (pair >> Byte.SIZE) * form.ownRest() + (pair & Quantisation.MAX) * form.residualRest();
    }

    /** The offset in the middle of those that give the table's results on one side of zero, or anything if there is none. */
    private static float middle(ByteSum form, byte[] table, boolean below) {
        double least = -1;
        double most = 1;
        for (int pair = 0; pair < table.length; pair++) {
            if (sum(form, pair) < form.half() == below) {
                int expected = Byte.toUnsignedInt(table[pair]);
                double value = (double) form.scale() * sum(form, pair) + (double) form.scaleRest() * rest(form, pair);
                least = expected == 0 ? least : Math.max(least, expected - value);
                most = expected == Quantisation.MAX ? most : Math.min(most, expected + 1 - value);
            }
        }
        return (float) ((least + most) / 2);
    }

    private static boolean proved(ByteSum form, byte[] table) {
        for (int pair = 0; pair < table.length; pair++) {
            int sum = sum(form, pair);
            float inner = RoundedDown.fma(
                    form.scaleRest(), rest(form, pair), sum < form.half() ? form.offsetBelow() : form.offset());
            double floor = Math.floor((double) form.scale() * sum + inner);
            if (Math.abs(sum) >= RoundedDown.EXACT
                    || Math.clamp((long) floor, 0, Quantisation.MAX) != Byte.toUnsignedInt(table[pair])) {
                return false;
            }
        }
        return true;
    }
}
