package dev.spindle.kernel;

/**
 * A positive real factor in fixed point, {@code value * 2^(shift - 31)}, and the product with it in TensorFlow Lite's
 * arithmetic, which rounds twice: {@code MultiplyByQuantizedMultiplier}.
 *
 * @param value 2^30 to 2^31 - 1, except for a factor that was changed or is too small for its shift; not negative
 * @param shift -31 to 30; to the left where it is positive
 */
public record Multiplier(int value, int shift) {

    private static final int FRACTION_BITS = 31;
    private static final int LARGEST_SHIFT = 30;
    private static final long HALF = 1L << FRACTION_BITS - 1;

    /** Checks the ranges. */
    public Multiplier {
        if (value < 0 || shift < -FRACTION_BITS || shift > LARGEST_SHIFT) {
            throw new IllegalArgumentException(
                    "a multiplier of " + value + " * 2^" + (shift - FRACTION_BITS) + ", expected a shift of -31 to 30");
        }
    }

    /**
     * The multiplier that comes nearest to a real factor; 0 for one below 2^-32.
     *
     * @param factor positive and below 2^30
     */
    public static Multiplier of(double factor) {
        if (!(factor > 0 && factor < 1 << LARGEST_SHIFT)) {
            throw new IllegalArgumentException("a factor of " + factor + ", expected above 0 and below 2^30");
        }
        int shift = Math.getExponent(factor) + 1;
        long value = Math.round(Math.scalb(factor, FRACTION_BITS - shift));
        if (value == 1L << FRACTION_BITS) {
            value /= 2;
            shift++;
        }
        return shift < -FRACTION_BITS ? new Multiplier(0, 0) : new Multiplier((int) value, shift);
    }

    /** The factor that this stands for. */
    public double factor() {
        return Math.scalb((double) value, shift - FRACTION_BITS);
    }

    /** The product with an integer. */
    public int apply(int x) {
        return apply(x, value, shift);
    }

    /**
     * The product of an integer and a multiplier. Where shifting to the left exceeds 32 bits, which TensorFlow Lite leaves
     * undefined, it saturates.
     *
     * @param x any integer
     * @param value the multiplier's
     * @param shift the multiplier's
     */
    public static int apply(int x, int value, int shift) {
        long shifted = shift > 0 ? Math.clamp((long) x << shift, Integer.MIN_VALUE, Integer.MAX_VALUE) : x;
        int high = (int) ((shifted * value + HALF) >> FRACTION_BITS);
        return shift < 0 ? shiftRight(high, -shift) : high;
    }

    /** The product of two fractions of 2^31, rounded: {@code SaturatingRoundingDoublingHighMul} where nothing saturates. */
    static int product(int a, int b) {
        return (int) (((long) a * b + HALF) >> FRACTION_BITS);
    }

    /** {@code x / 2^bits}, halves away from zero; 1 to 31 bits. */
    static int shiftRight(int x, int bits) {
        int mask = (1 << bits) - 1;
        int half = (mask >> 1) + (x < 0 ? 1 : 0);
        return (x >> bits) + ((x & mask) > half ? 1 : 0);
    }
}
