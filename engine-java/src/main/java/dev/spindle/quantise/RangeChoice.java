package dev.spindle.quantise;

/** How the range of a map is chosen from its values on the calibration inputs. */
public enum RangeChoice {
    /** All values. */
    MIN_MAX,
    /** All but a share of the values at either end, which are clipped. */
    PERCENTILE,
    /** The part of the range, shrunk at both ends, that costs the least squared error of clipping and rounding. */
    MIN_ERROR
}
