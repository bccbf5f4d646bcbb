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
        ByteSum form = new ByteSum(
                -1,
                (int) Math.scalb(own, exponent),
                (int) Math.scalb(residual, exponent),
                rest(own, exponent),
                rest(residual, exponent),
                (int) Math.floor(Math.scalb(constant, exponent)),
                Math.scalb(1f, -exponent),
                Math.scalb(1f, -exponent - FACTOR_BITS),
                0);
        ByteSum middle = new ByteSum(
                -1, form.ownFactor(), form.residualFactor(), form.ownRest(), form.residualRest(), form.base(), form.scale(),
                form.scaleRest(), middle(form, table));
        return proved(middle, table) ? Optional.of(middle) : Optional.empty();
    }

    /** What a factor of integers lacks, {@link #FACTOR_BITS} further bits. */
    private static int rest(double factor, int exponent) {
        double scaled = Math.scalb(factor, exponent);
        return (int) Math.scalb(scaled - Math.floor(scaled), FACTOR_BITS);
    }

    private static int sum(ByteSum form, int pair) {
        return form.base() + (pair >> Byte.SIZE) * form.ownFactor() + (pair & Quantisation.MAX) * form.residualFactor();
    }

    private static int rest(ByteSum form, int pair) {
        return (pair >> Byte.SIZE) * form.ownRest() + (pair & Quantisation.MAX) * form.residualRest();
    }

    /** The offset in the middle of those that give the table's results, or anything if there is none. */
    private static float middle(ByteSum form, byte[] table) {
        double least = Double.NEGATIVE_INFINITY;
        double most = Double.POSITIVE_INFINITY;
        for (int pair = 0; pair < table.length; pair++) {
            int expected = Byte.toUnsignedInt(table[pair]);
            double value = (double) form.scale() * sum(form, pair) + (double) form.scaleRest() * rest(form, pair);
            least = expected == 0 ? least : Math.max(least, expected - value);
            most = expected == Quantisation.MAX ? most : Math.min(most, expected + 1 - value);
        }
        return (float) (Math.max(least, -1) / 2 + Math.min(most, 1) / 2);
    }

    private static boolean proved(ByteSum form, byte[] table) {
        for (int pair = 0; pair < table.length; pair++) {
            int sum = sum(form, pair);
            float inner = RoundedDown.fma(form.scaleRest(), rest(form, pair), form.offset());
            double floor = Math.floor((double) form.scale() * sum + inner);
            if (Math.abs(sum) >= RoundedDown.EXACT
                    || Math.clamp((long) floor, 0, Quantisation.MAX) != Byte.toUnsignedInt(table[pair])) {
                return false;
            }
        }
        return true;
    }
}
