package dev.spindle.kernel;

/**
 * What the bytes of a map stand for: {@code real = scale * (u - zeroPoint)} for an unsigned byte u. Maps that a file stores
 * as signed bytes are shifted by 128, zero points included.
 *
 * @param scale the real difference of neighbouring bytes
 * @param zeroPoint the byte of the real 0
 */
public record Quantisation(float scale, int zeroPoint) {

    /** The largest byte. */
    public static final int MAX = 255;

    /** Far above any map's, whose largest value is 255 steps at most. */
    public static final float LARGEST_SCALE = 1 << 16;

    /** Checks that both make sense. */
    public Quantisation {
        if (!(scale > 0 && scale <= LARGEST_SCALE)) {
            throw new IllegalArgumentException("a scale of " + scale + ", expected above 0 and at most " + LARGEST_SCALE);
        }
        if (zeroPoint < 0 || zeroPoint > MAX) {
            throw new IllegalArgumentException("a zero point of " + zeroPoint + ", expected 0 to " + MAX);
        }
    }

    /**
     * The byte that comes nearest to a value: halves away from zero, as TensorFlow Lite rounds; NaN is taken for 0.
     *
     * @param value a real number
     * @return 0 to 255
     */
    public int quantise(float value) {
        return quantise(value, scale, zeroPoint);
    }

    /**
     * The bytes of many values, in a form that compilers vectorise.
     *
     * @param values real numbers
     * @param from index of the first
     * @param target receives 0 to 255 for each
     */
    public void quantise(float[] values, int from, int[] target) {
        float step = scale;
        int zero = zeroPoint;
        for (int i = 0; i < target.length; i++) {
            target[i] = quantise(values[from + i], step, zero);
        }
    }

    private static int quantise(float value, float scale, int zeroPoint) {
        // What is cut off, doubled and cut off again, is a half or more away from zero.
        float steps = Math.min(Math.max(value / scale, -zeroPoint), MAX - zeroPoint);
        int whole = (int) steps;
        return whole + (int) (2 * (steps - whole)) + zeroPoint;
    }

    /** The value of a byte, 0 to 255. */
    public float dequantise(int stored) {
        return scale * (stored - zeroPoint);
    }

    /** The farthest that a byte can be from the zero point. */
    public int reach() {
        return Math.max(zeroPoint, MAX - zeroPoint);
    }
}
