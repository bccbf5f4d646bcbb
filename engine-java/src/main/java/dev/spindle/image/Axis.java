package dev.spindle.image;

import dev.spindle.image.Preprocessing.Interpolation;

/**
 * The filter of one direction of a resize: for each output position a run of inputs and their weights. The support widens
 * with the ratio when the picture shrinks, which is what makes it antialiased; weights are cut off at the picture's edges,
 * normalised to 1, and rounded to {@link #FRACTION} bits. This is the arithmetic of Pillow's {@code Image.resize} for 8-bit
 * pictures. Buffers grow and are used again.
 */
final class Axis {

    /** Fractional bits of a weight: 32 without the 8 of a pixel and 2 for what negative lobes add. */
    static final int FRACTION = 32 - 8 - 2;

    private int positions;
    private int stride;
    private int[] starts = {};
    private int[] counts = {};
    private int[] weights = {};
    private double[] exact = {};

    /**
     * Computes the filter.
     *
     * @param input the side of the picture
     * @param output the side of the resized picture
     * @param first the first position of the resized picture that is wanted
     * @param wanted how many are, from there
     * @param interpolation the filter
     */
    void prepare(int input, long output, long first, int wanted, Interpolation interpolation) {
        double scale = (double) input / output;
        double widening = Math.max(scale, 1);
        double support = radius(interpolation) * widening;
        positions = wanted;
        stride = (int) Math.min(input, (long) Math.ceil(support) * 2 + 1);
        reserve();
        for (int i = 0; i < wanted; i++) {
            double centre = (first + i + 0.5) * scale;
            int start = (int) Math.max(0, centre - support + 0.5);
            int end = (int) Math.min(input, centre + support + 0.5);
            starts[i] = start;
            counts[i] = end - start;
            weigh(i, centre, widening, interpolation);
        }
    }

    private void weigh(int position, double centre, double widening, Interpolation interpolation) {
        int count = counts[position];
        double sum = 0;
        for (int k = 0; k < count; k++) {
            exact[k] = weight(interpolation, (starts[position] + k - centre + 0.5) / widening);
            sum += exact[k];
        }
        for (int k = 0; k < count; k++) {
            weights[position * stride + k] = (int) Math.rint(exact[k] / sum * (1 << FRACTION));
        }
    }

    private void reserve() {
        if (starts.length < positions) {
            starts = new int[positions];
            counts = new int[positions];
        }
        if (exact.length < stride) {
            exact = new double[stride];
        }
        int needed = Math.multiplyExact(positions, stride);
        if (weights.length < needed) {
            weights = new int[needed];
        }
    }

    private static double radius(Interpolation interpolation) {
        return switch (interpolation) {
            case BILINEAR -> 1;
            case BICUBIC -> 2;
        };
    }

    /** The filter's value at a distance, in output pixels when the picture shrinks. */
    private static double weight(Interpolation interpolation, double distance) {
        double x = Math.abs(distance);
        return switch (interpolation) {
            case BILINEAR -> Math.max(0, 1 - x);
            case BICUBIC -> x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
        };
    }

    /** The first input of a position. */
    int start(int position) {
        return starts[position];
    }

    /** How many inputs a position has. */
    int count(int position) {
        return counts[position];
    }

    /** Where in {@link #weights} those of a position are. */
    int weightsAt(int position) {
        return position * stride;
    }

    /** All weights. */
    int[] weights() {
        return weights;
    }

    /** The first input of any position. */
    int firstInput() {
        return starts[0];
    }

    /** The end of the inputs of any position. */
    int endInput() {
        return starts[positions - 1] + counts[positions - 1];
    }
}
