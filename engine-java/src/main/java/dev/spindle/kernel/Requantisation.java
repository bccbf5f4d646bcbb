package dev.spindle.kernel;

/**
 * How a layer's 32-bit sums become bytes: {@code clamp(zeroPoint + multiplier * (bias + sum), low, high)}, with the product
 * of {@link Multiplier#apply(int, int, int)}. Arrays have one element a padded output channel, with multiplier 0 behind the
 * last channel, so that lanes there hold the zero point; they are not copied and not to be changed.
 *
 * <p>The sum is {@code sum of x * (w + offset)} over packed weights w. On centred maps ({@link Layout#isCentred}) x is u - z,
 * and the bias is the layer's own. On maps of bytes x is u, and the bias has {@code -z * sum of (w + offset)} in it, over
 * all inputs, those that fill the last block up included, whose lanes hold z: padding reads z as well.
 *
 * <p>Kernels off the heap find the same numbers at the layer's {@code shape.bias()} among the weights, as 32-bit integers of
 * the machine's byte order: {@code [4][padded outputs]}, biases, multipliers, shifts, offsets.
 *
 * @param biases in units of the sum
 * @param multipliers the values of {@link Multiplier}s
 * @param shifts their shifts
 * @param offsets what was taken off the weights of a channel so that they fit a signed byte; all 0 where weights are not
 *     packed as bytes
 * @param offset whether any offset is not 0
 * @param largestSum the largest absolute value that bias and any part of the sum over centred inputs can add up to
 * @param low lower bound of the byte
 * @param high upper bound of the byte
 * @param output what the bytes stand for
 */
public record Requantisation(
        int[] biases,
        int[] multipliers,
        int[] shifts,
        int[] offsets,
        boolean offset,
        long largestSum,
        int low,
        int high,
        Quantisation output) {

    /** Sums below this are exact in fp32, in any order. */
    private static final long EXACT_IN_FLOAT = 1 << 24;

    /** Whether fp32 holds every sum of centred inputs exactly. */
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
