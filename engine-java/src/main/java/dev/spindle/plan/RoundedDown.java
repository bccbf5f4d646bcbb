package dev.spindle.plan;

/** A multiply-add that rounds down, as C kernels have it. */
final class RoundedDown {

    /** Integers below this are exact in fp32. */
    static final int EXACT = 1 << 24;

    private RoundedDown() {}

    /** {@code a * b + c} as the largest float that is not above it, for an integer b whose float is exact. */
    static float fma(float a, long b, float c) {
        double product = (double) a * b;
        double sum = product + c;
        double back = sum - product;
        double error = product - (sum - back) + (c - back);
        float rounded = (float) sum;
        return rounded > sum || rounded == sum && error < 0 ? Math.nextDown(rounded) : rounded;
    }
}
