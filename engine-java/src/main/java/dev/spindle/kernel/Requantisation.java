package dev.spindle.kernel;

import java.util.Optional;

/**
 * How a layer's 32-bit sums become bytes: {@code clamp(zeroPoint + multiplier * (bias + sum), low, high)}, with the product
 * of {@link Multiplier#apply(int, int, int)}. The sum is that of {@code (u - z) * w} over bytes u of a map with zero point z.
 * Arrays have one element a padded output channel, with multiplier 0 behind the last channel, so that lanes there hold the
 * zero point; they are not copied and not to be changed.
 *
 * @param biases in units of the sum
 * @param multipliers the values of {@link Multiplier}s
 * @param shifts their shifts
 * @param largestSum the largest absolute value that bias and any part of the sum can add up to
 * @param low lower bound of the byte
 * @param high upper bound of the byte
 * @param output what the bytes stand for
 * @param packing where kernels whose maps are of bytes find all of this and more; empty for others
 */
public record Requantisation(
        int[] biases,
        int[] multipliers,
        int[] shifts,
        long largestSum,
        int low,
        int high,
        Quantisation output,
        Optional<BytePacking> packing) {

    /** Sums below this are exact in fp32, in any order. */
    private static final long EXACT_IN_FLOAT = 1 << 24;

    /** The same, packed. */
    public Requantisation with(BytePacking bytes) {
        return new Requantisation(biases, multipliers, shifts, largestSum, low, high, output, Optional.of(bytes));
    }

    /** Whether fp32 holds every sum exactly. */
    public boolean exactInFloat() {
        return largestSum < EXACT_IN_FLOAT;
    }

    /**
     * The byte of a sum, 0 to 255.
     *
     * @param channel the output channel
     * @param sum the bias included
     */
    public int apply(int channel, int sum) {
        return Math.clamp(
                (long) output.zeroPoint() + Multiplier.apply(sum, multipliers[channel], shifts[channel]), low, high);
    }
}
