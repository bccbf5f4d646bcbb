package dev.spindle.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.ByteSum;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.QuantisedSum;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class QuickSumTest {

    private final Random random = new Random(20180113);

    /** What C kernels do with two bytes. */
    private static int apply(ByteSum form, int own, int residual) {
        int sum = form.base() + own * form.ownFactor() + residual * form.residualFactor();
        int rest = own * form.ownRest() + residual * form.residualRest();
        float offset = sum < form.half() ? form.offsetBelow() : form.offset();
        float inner = RoundedDown.fma(form.scaleRest(), rest, offset);
        return Math.clamp((long) Math.floor((double) form.scale() * sum + inner), 0, 255);
    }

    private static void check(QuantisedSum sum, ByteSum form) {
        for (int own = 0; own < 256; own++) {
            for (int residual = 0; residual < 256; residual++) {
                assertEquals(
                        sum.apply(own - sum.own().zeroPoint(), residual - sum.residual().zeroPoint()),
                        apply(form, own, residual));
            }
        }
        for (int factor : new int[] {form.ownFactor(), form.residualFactor(), form.ownRest(), form.residualRest()}) {
            assertEquals(factor, (short) factor);
        }
    }

    private static Quantisation map(double scale, int zeroPoint) {
        return new Quantisation((float) scale, zeroPoint);
    }

    @Test
    void isTheSumOfAllPairs() {
        int found = 0;
        for (int i = 0; i < 60; i++) {
            QuantisedSum sum = QuantisedSum.of(
                    map(random.nextDouble(0.05, 0.5), random.nextInt(256)),
                    map(random.nextDouble(0.05, 0.5), random.nextInt(256)),
                    map(random.nextDouble(0.05, 0.5), random.nextInt(256)));
            Optional<ByteSum> form = QuickSum.of(sum, QuickSum.table(sum));
            form.ifPresent(quick -> check(sum, quick));
            found += form.isPresent() ? 1 : 0;
        }
        assertTrue(found > 50, "only " + found + " of 60 sums have a quick form");
    }

    /** Of a published model: 4 of one map less 10 of the other is half a step but for 2^-20, on both sides of zero. */
    @Test
    void roundsNearTiesBySign() {
        QuantisedSum sum = QuantisedSum.of(map(0.16990492f, 97), map(0.18986915f, 122), map(0.18754955f, 114));
        check(sum, QuickSum.of(sum, QuickSum.table(sum)).orElseThrow());
    }

    /** Powers of two tie everywhere. */
    @Test
    void roundsTies() {
        QuantisedSum sum = QuantisedSum.of(map(0.25, 128), map(0.125, 100), map(0.5, 30));
        check(sum, QuickSum.of(sum, QuickSum.table(sum)).orElseThrow());
    }

    @Test
    void leavesTheRestToATable() {
        QuantisedSum sum = QuantisedSum.of(map(1000, 128), map(0.001, 100), map(0.5, 30));
        byte[] table = QuickSum.table(sum);
        table[12345] ^= 1;
        assertEquals(Optional.empty(), QuickSum.of(sum, table));
        assertEquals(sum.apply(12345 / 256 - 128, 12345 % 256 - 100) ^ 1, table[12345] & 0xff);
    }
}
