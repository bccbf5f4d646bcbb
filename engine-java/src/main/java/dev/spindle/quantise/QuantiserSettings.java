package dev.spindle.quantise;

import java.util.Objects;

/**
 * How a network is quantised.
 *
 * @param ranges how the ranges of maps are chosen
 * @param percentile the share of values, in percent, that {@link RangeChoice#PERCENTILE} keeps at either end: above 50, at
 *     most 100
 * @param biasCorrection whether biases make up for what rounding the weights adds to each channel on average (Nagel et al.,
 *     arXiv 1906.04721, section 4.2)
 * @param equalisation whether channels of maps are scaled first, and the layers around them with them, see
 *     {@link Quantiser}
 */
public record QuantiserSettings(RangeChoice ranges, double percentile, boolean biasCorrection, boolean equalisation) {

    /** The least error, with correction and without equalisation. */
    public static final QuantiserSettings DEFAULT = new QuantiserSettings(RangeChoice.MIN_ERROR, 99.99, true, false);

    /** Checks the percentile. */
    public QuantiserSettings {
        Objects.requireNonNull(ranges, "ranges");
        if (!(percentile > 50 && percentile <= 100)) {
            throw new IllegalArgumentException("a percentile of " + percentile + ", expected above 50 and at most 100");
        }
    }

    /** How often {@link Quantiser#quantise} asks for each input. */
    public int passes() {
        return equalisation ? 2 : 1;
    }
}
