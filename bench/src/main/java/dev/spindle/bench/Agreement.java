package dev.spindle.bench;

/** Holds one implementation's result against another's. */
final class Agreement {

    /** How far two values may lie apart, in largest values: by rounding, and by quantising. */
    private static final double TOLERANCE = 1e-4;

    private static final double QUANTISED = 0.25;

    private Agreement() {}

    /**
     * Throws where results differ by more than rounding.
     *
     * @param what names the result
     * @param found the result
     * @param expected what the other implementation has
     * @throws IllegalStateException naming the first value that is more than 1e-4 of the largest expected one away
     */
    static void require(String what, float[] found, float[] expected) {
        require(what, found, expected, TOLERANCE);
    }

    /** The same for a result in integers and one of fp32, which may lie a quarter of the largest expected value apart. */
    static void requireQuantised(String what, float[] found, float[] expected) {
        require(what, found, expected, QUANTISED);
    }

    private static void require(String what, float[] found, float[] expected, double tolerance) {
        if (found.length != expected.length) {
            throw new IllegalStateException(
                    what + ": expected " + expected.length + " values, found " + found.length);
        }
        double largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < expected.length; i++) {
            if (!(Math.abs(found[i] - expected[i]) <= tolerance * largest)) {
                throw new IllegalStateException(
                        what + ": value " + i + ": expected " + expected[i] + ", found " + found[i]);
            }
        }
    }
}
