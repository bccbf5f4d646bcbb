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
 * @param low lower bound of the byte
 * @param high upper bound of the byte
 * @param output what the bytes stand for
 * @param inFloat the same in fp32; empty where fp32 does not hold every sum exactly, and where weights are not floats
 * @param packing where kernels whose maps are of bytes find all of this and more; empty for others
 */
public record Requantisation(
        int[] biases,
        int[] multipliers,
        int[] shifts,
        int low,
        int high,
        Quantisation output,
        Optional<FloatRequantisation> inFloat,
        Optional<BytePacking> packing) {

    /** The same, packed. */
    public Requantisation with(BytePacking bytes) {
        return new Requantisation(biases, multipliers, shifts, low, high, output, inFloat, Optional.of(bytes));
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
