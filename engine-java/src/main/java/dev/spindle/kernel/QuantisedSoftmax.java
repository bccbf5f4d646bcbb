package dev.spindle.kernel;

import static dev.spindle.kernel.Multiplier.product;
import static dev.spindle.kernel.Multiplier.shiftRight;

import java.util.Arrays;

/**
 * TensorFlow Lite's softmax over bytes, in fixed point: the exponential of each difference to the largest byte, times the
 * reciprocal of their sum, in 256ths. The exponential of each of the 256 differences there can be is computed beforehand.
 *
 * <p>Numbers are 32-bit fractions with as many integer bits as a constant below says; without any, 2^31 is 1.
 */
public final class QuantisedSoftmax {

    private static final int DIFFERENCE_BITS = 5;
    private static final int SUM_BITS = 12;
    private static final int RECIPROCAL_BITS = 2;
    private static final int FRACTION_BITS = 31;

    /** As near to 1 as a fraction without integer bits gets. */
    private static final int ONE = Integer.MAX_VALUE;

    /** {@code exp(-1/8)}, around which the exponential is expanded in powers up to the fourth. */
    private static final int EXP_OF_EIGHTH = 1895147668;

    private static final int EIGHTH = 1 << FRACTION_BITS - 3;
    private static final int THIRD = 715827883;

    /** 1/4 with the integer bits of a difference. */
    private static final int QUARTER = 1 << FRACTION_BITS - DIFFERENCE_BITS - 2;

    /** {@code exp(-1/4)}, {@code exp(-1/2)} and so on to {@code exp(-16)}. */
    private static final int[] POWERS = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};

    /** 48/17 and -32/17 with two integer bits: the line that Newton's method begins on. */
    private static final int LINE_START = 1515870810;

    private static final int LINE_SLOPE = -1010580540;
    private static final int NEWTON_STEPS = 3;

    /** From here on every share is less than half a step; TensorFlow Lite ends the process. */
    private static final int LARGEST_SUM = 512 << FRACTION_BITS - SUM_BITS;

    private final int[] exponentials = new int[Quantisation.MAX + 1];

    /**
     * Prepares the exponentials.
     *
     * @param logits what the bytes stand for; one step of theirs is at least 2^-26
     */
    public QuantisedSoftmax(Quantisation logits) {
        exponentials[0] = ONE;
        double factor = Math.scalb((double) logits.scale(), FRACTION_BITS - DIFFERENCE_BITS);
        if (factor >= 1 << 30) {
            return;
        }
        Multiplier multiplier = Multiplier.of(factor);
        double least = Math.scalb((1 << DIFFERENCE_BITS) - 1.0, FRACTION_BITS - DIFFERENCE_BITS - multiplier.shift());
        for (int difference = 1; difference < exponentials.length && difference <= least; difference++) {
            exponentials[difference] = exponential(multiplier.apply(-difference));
        }
    }

    /** {@code exp(x)} for a negative x with the integer bits of a difference. */
    private static int exponential(int x) {
        int remainder = (x & QUARTER - 1) - QUARTER;
        int result = nearZero(remainder << DIFFERENCE_BITS);
        int quarters = (remainder - x) / QUARTER;
        for (int i = 0; i < POWERS.length; i++) {
            if ((quarters & 1 << i) != 0) {
                result = product(result, POWERS[i]);
            }
        }
        return result;
    }

    /** {@code exp(x)} for x from -1/4 to 0. */
    private static int nearZero(int x) {
        int from = x + EIGHTH;
        int square = product(from, from);
        int cube = product(square, from);
        int fourth = product(square, square);
        int higher = product(shiftRight(fourth, 2) + cube, THIRD) + square;
        return EXP_OF_EIGHTH + product(EXP_OF_EIGHTH, from + shiftRight(higher, 1));
    }

    /** {@code 1 / (1 + x)} for x from 0 to 1. */
    private static int reciprocal(int x) {
        int half = (int) (((long) x + ONE + 1) / 2);
        int result = LINE_START + product(half, LINE_SLOPE);
        for (int step = 0; step < NEWTON_STEPS; step++) {
            int error = (1 << FRACTION_BITS - RECIPROCAL_BITS) - product(half, result);
            result += shiftLeft(product(result, error), RECIPROCAL_BITS);
        }
        return shiftLeft(result, RECIPROCAL_BITS - 1);
    }

    private static int shiftLeft(int x, int bits) {
        return Math.clamp((long) x << bits, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /**
     * Computes the softmax of bytes, or of bytes less a number.
     *
     * @param logits what to read
     * @param count how many logits there are
     * @param output receives as many unsigned bytes, in 256ths
     * @param to where to begin there
     */
    public void apply(int[] logits, int count, byte[] output, int to) {
        int largest = Integer.MIN_VALUE;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, logits[i]);
        }
        long exact = 0;
        for (int i = 0; i < count; i++) {
            exact += shiftRight(exponentials[largest - logits[i]], SUM_BITS);
        }
        if (exact >= LARGEST_SUM) {
            Arrays.fill(output, to, to + count, (byte) 0);
            return;
        }
        int sum = (int) exact;
        int headroom = Integer.numberOfLeadingZeros(sum);
        int scale = reciprocal((sum << headroom) - (1 << FRACTION_BITS));
        int bits = SUM_BITS - headroom + FRACTION_BITS - Byte.SIZE;
        for (int i = 0; i < count; i++) {
            int share = shiftRight(product(scale, exponentials[largest - logits[i]]), bits);
            output[to + i] = (byte) Math.clamp(share, 0, Quantisation.MAX);
        }
    }
}
