package dev.spindle.kernel;

import dev.spindle.network.Activation;

/**
 * An activation as two bounds on the bits of a float, taken as a signed int: {@code min(max(bits, low), high)}. Floats
 * that are not negative order like their bits, and negative ones have negative bits, so that two integer instructions
 * do the work of ReLU and ReLU6, and the widest bounds do nothing.
 *
 * <p>Under ReLU and ReLU6, -0 becomes +0. NaN is not kept: its sign bit decides which bound it gets, so that ReLU6 makes
 * 6 of a positive NaN and 0 of a negative one, and ReLU keeps a positive NaN and makes 0 of a negative one. Linear
 * layers pass NaN on.
 */
public final class Clamp {

    private Clamp() {}

    /** The lower bound. */
    public static int low(Activation activation) {
        return activation == Activation.LINEAR ? Integer.MIN_VALUE : 0;
    }

    /** The upper bound. */
    public static int high(Activation activation) {
        return activation == Activation.RELU6 ? Float.floatToRawIntBits(6f) : Integer.MAX_VALUE;
    }

    /** One value clamped. */
    public static float apply(float value, int low, int high) {
        return Float.intBitsToFloat(Math.min(Math.max(Float.floatToRawIntBits(value), low), high));
    }
}
