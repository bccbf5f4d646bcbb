package dev.spindle.kernel;

import java.util.Optional;

/**
 * Where a layer's numbers stand among packed weights of bytes, and how its sums become bytes: what C kernels are given beside
 * the layer's shape. How all of this lies in memory, and why it computes the same as {@link Requantisation}, is told in C, by
 * spindle.h.
 *
 * @param rounding the form of the constants
 * @param constants offset of {@code [blocks][7][16]} 32-bit words
 * @param extras how many groups of weights beyond a byte there are
 * @param extraStarts offset of where each tile's begin; where there are none, it counts as little as the next two
 * @param extraGroups offset of the groups that they belong to; of no meaning for depthwise convolutions
 * @param extraWeights offset of the groups
 * @param sum what is behind a convolution with a sum
 */
public record BytePacking(
        Rounding rounding,
        int constants,
        int extras,
        int extraStarts,
        int extraGroups,
        int extraWeights,
        Optional<ByteSum> sum) {

    /** How sums become bytes; the ordinals are those of {@code enum q8_rounding} in C. */
    public enum Rounding {
        /** In floats rounded down; the zero point is 0. */
        ONE_SIDED,
        /** In floats rounded down; sums below zero are rounded the other way. */
        TWO_SIDED,
        /** In integers. */
        INTEGERS
    }
}
