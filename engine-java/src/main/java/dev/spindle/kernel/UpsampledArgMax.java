package dev.spindle.kernel;

import dev.spindle.network.Sampling;
import java.util.Objects;

/**
 * The class of each pixel of a picture: logits of a smaller map are interpolated bilinearly, and the largest counts, of equal
 * ones the first. The enlarged logits never stand in memory. In bytes, they are rounded as TensorFlow Lite's reference kernels
 * do it before they are compared.
 *
 * <p>Pixels between the same four logits are looked at together: a class that is nowhere among them as large as another is
 * everywhere is out, and mostly one remains. Buffers are kept from call to call. One thread at a time.
 */
public final class UpsampledArgMax {

    /** How interpolated logits are rounded. */
    public enum Rounding {
        /** Not at all. */
        NONE,
        /** Unsigned bytes: weights in fp32, halves up. */
        UNSIGNED_BYTES,
        /** Signed bytes: weights of ten bits, halves away from zero. */
        SIGNED_BYTES
    }

    private static final int WEIGHT_BITS = 10;
    private static final int ONE = 1 << WEIGHT_BITS;
    private static final long HALF = 1L << 2 * WEIGHT_BITS - 1;

    private final int classes;
    private final int width;
    private final Rounding rounding;
    private final Positions rows;
    private final Positions columns;
    private final int[] candidates;

    /** Along one axis: the inputs before and behind each output, and the weight of the one behind. */
    private static final class Positions {
        private final int[] before;
        private final int[] behind;
        private final float[] weights;
        private final int[] fixedWeights;

        Positions(int input, int output, Sampling sampling) {
            before = new int[output];
            behind = new int[output];
            weights = new float[output];
            fixedWeights = new int[output];
            boolean corners = sampling == Sampling.ALIGN_CORNERS && output > 1;
            float scale = corners ? (float) (input - 1) / (output - 1) : (float) input / output;
            for (int x = 0; x < output; x++) {
                float at = sampling == Sampling.HALF_PIXEL ? (x + 0.5f) * scale - 0.5f : x * scale;
                before[x] = Math.max((int) Math.floor(at), 0);
                behind[x] = Math.min((int) Math.ceil(at), input - 1);
                weights[x] = at - before[x];
            }
        }

        /** With weights of ten bits. */
        static Positions fixed(int input, int output, Sampling sampling) {
            Positions positions = new Positions(input, output, sampling);
            boolean corners = sampling == Sampling.ALIGN_CORNERS && output > 1;
            int from = corners ? input - 1 : input;
            int to = corners ? output - 1 : output;
            int scale = (ONE * from + to / 2) / to;
            for (int x = 0; x < output; x++) {
                int at = x * scale + (sampling == Sampling.HALF_PIXEL ? scale / 2 - ONE / 2 : 0);
                positions.before[x] = Math.max(at / ONE, 0);
                positions.behind[x] = Math.min((at + ONE - 1) / ONE, input - 1);
                positions.fixedWeights[x] = at - ONE * positions.before[x];
            }
            return positions;
        }

        /** Behind the last output that lies between the same inputs. */
        int end(int first) {
            int end = first + 1;
            while (end < before.length && before[end] == before[first] && behind[end] == behind[first]) {
                end++;
            }
            return end;
        }

        int count() {
            return before.length;
        }
    }

    /**
     * Prepares for maps of one size.
     *
     * @param height rows of the map of logits
     * @param width columns of it
     * @param classes logits of a pixel, at most 256
     * @param outputHeight rows of the mask
     * @param outputWidth columns of the mask
     * @param sampling where pixels of the mask lie on the map
     * @param rounding of interpolated logits
     */
    public UpsampledArgMax(
            int height, int width, int classes, int outputHeight, int outputWidth, Sampling sampling, Rounding rounding) {
        this.classes = classes;
        this.width = width;
        this.rounding = rounding;
        boolean fixed = rounding == Rounding.SIGNED_BYTES;
        this.rows = fixed
                ? Positions.fixed(height, outputHeight, sampling)
                : new Positions(height, outputHeight, sampling);
        this.columns = fixed
                ? Positions.fixed(width, outputWidth, sampling)
                : new Positions(width, outputWidth, sampling);
        this.candidates = new int[classes];
    }

    /** Pixels of a mask. */
    public int length() {
        return rows.count() * columns.count();
    }

    /**
     * Finds the classes.
     *
     * @param logits {@code [height][width][classes]}; of bytes their values, signed or not as the rounding says
     * @param mask receives {@code [outputHeight][outputWidth]} indices of classes as unsigned bytes
     * @throws IndexOutOfBoundsException where they do not fit
     */
    public void apply(float[] logits, byte[] mask) {
        Objects.checkFromIndexSize(0, length(), mask.length);
        for (int y = 0; y < rows.count(); y = rows.end(y)) {
            for (int x = 0; x < columns.count(); x = columns.end(x)) {
                cell(logits, mask, y, x);
            }
        }
    }

    /** The pixels between the same four logits as the one at (y, x), which is the first of them. */
    private void cell(float[] logits, byte[] mask, int y, int x) {
        int count = candidates(logits, y, x);
        int end = columns.end(x);
        for (int row = y; row < rows.end(y); row++) {
            for (int column = x; column < end; column++) {
                int best = candidates[0];
                if (count > 1) {
                    best = largest(logits, row, column, count);
                }
                mask[row * columns.count() + column] = (byte) best;
            }
        }
    }

    private int at(int row, int column) {
        return (row * width + column) * classes;
    }

    /** Gathers the classes that may be the largest somewhere between four logits. */
    private int candidates(float[] logits, int y, int x) {
        int a = at(rows.before[y], columns.before[x]);
        int b = at(rows.behind[y], columns.before[x]);
        int c = at(rows.before[y], columns.behind[x]);
        int d = at(rows.behind[y], columns.behind[x]);
        float everywhere = Float.NEGATIVE_INFINITY;
        int holder = 0;
        for (int k = 0; k < classes; k++) {
            float least = Math.min(Math.min(logits[a + k], logits[b + k]), Math.min(logits[c + k], logits[d + k]));
            if (least > everywhere) {
                everywhere = least;
                holder = k;
            }
        }
        int count = 0;
        for (int k = 0; k < classes; k++) {
            float most = Math.max(Math.max(logits[a + k], logits[b + k]), Math.max(logits[c + k], logits[d + k]));
            if (most > everywhere || most == everywhere && k <= holder) {
                candidates[count++] = k;
            }
        }
        if (count == 0) {
            // Logits that are not numbers.
            candidates[count++] = holder;
        }
        return count;
    }

    private int largest(float[] logits, int y, int x, int count) {
        int a = at(rows.before[y], columns.before[x]);
        int b = at(rows.behind[y], columns.before[x]);
        int c = at(rows.before[y], columns.behind[x]);
        int d = at(rows.behind[y], columns.behind[x]);
        int best = candidates[0];
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            int k = candidates[i];
            float value = rounding == Rounding.SIGNED_BYTES
                    ? fixed((int) logits[a + k], (int) logits[b + k], (int) logits[c + k], (int) logits[d + k], y, x)
                    : real(logits[a + k], logits[b + k], logits[c + k], logits[d + k], y, x);
            if (value > largest) {
                largest = value;
                best = k;
            }
        }
        return best;
    }

    private float real(float a, float b, float c, float d, int y, int x) {
        float down = rows.weights[y];
        float right = columns.weights[x];
        float sum = a * (1 - down) * (1 - right) + b * down * (1 - right) + c * (1 - down) * right + d * down * right;
        return rounding == Rounding.NONE ? sum : (int) (sum + 0.5f);
    }

    private float fixed(int a, int b, int c, int d, int y, int x) {
        int down = rows.fixedWeights[y];
        int right = columns.fixedWeights[x];
        long sum = (long) a * (ONE - down) * (ONE - right)
                + (long) b * down * (ONE - right)
                + (long) c * (ONE - down) * right
                + (long) d * down * right;
        return (sum + (sum > 0 ? HALF : -HALF)) / (1 << 2 * WEIGHT_BITS);
    }
}
