package dev.spindle.weights;

import dev.spindle.network.Activation;
import dev.spindle.network.Sampling;
import java.util.Optional;

/**
 * What a node of a {@link Graph} does with its data: the operations of networks on a MobileNet, as all formats have them.
 * Arrays are in the order of {@link dev.spindle.plan.LayerWeights}, whatever the file's.
 */
sealed interface Operation {

    /**
     * Zeros around a map, in pixels. Negative numbers crop.
     *
     * @param top before the first row
     * @param bottom behind the last row
     * @param left before the first column
     * @param right behind the last column
     */
    record Border(long top, long bottom, long left, long right) {

        static final Border NONE = new Border(0, 0, 0, 0);
    }

    /**
     * A convolution. Behind the global average, where maps are of one pixel, it is the classifier.
     *
     * @param kernel {@code [outputs][inputs per group][height][width]}
     * @param bias one value an output; empty where there is none
     * @param groups 1, or as many as channels
     * @param stride of both axes
     * @param dilation of both axes
     * @param border its own zeros; empty for TensorFlow's SAME
     */
    record Convolution(
            Constant kernel, Optional<Constant> bias, long groups, long stride, long dilation, Optional<Border> border)
            implements Operation {}

    /**
     * A dense layer, behind the global average.
     *
     * @param kernel {@code [outputs][inputs]}
     * @param bias one value an output; empty where there is none
     */
    record Dense(Constant kernel, Optional<Constant> bias) implements Operation {}

    /** Zeros for the convolution that follows. */
    record Pad(Border border) implements Operation {}

    /** A bias by itself: one value an output. */
    record Shift(Constant values) implements Operation {}

    /**
     * Batch normalisation, or any factor and shift a channel, which it is with mean 0, variance 1 and epsilon 0.
     *
     * @see dev.spindle.plan.BatchNorm
     */
    record Normalisation(Constant gamma, Constant beta, Constant mean, Constant variance, double epsilon)
            implements Operation {}

    /**
     * Bounds: an activation, or one half of it.
     *
     * @param lowest what smaller values become; at most {@code -Float.MAX_VALUE} for no bound
     * @param highest what larger values become; at least {@code Float.MAX_VALUE} for no bound
     */
    record Clamp(double lowest, double highest) implements Operation {

        static final Clamp NONE = new Clamp(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        static final Clamp RELU = new Clamp(0, Double.POSITIVE_INFINITY);
        static final Clamp RELU6 = new Clamp(0, 6);

        public Clamp {
            lowest = lowest <= -Float.MAX_VALUE ? Double.NEGATIVE_INFINITY : lowest + 0.0; // no -0
            highest = highest >= Float.MAX_VALUE ? Double.POSITIVE_INFINITY : highest;
        }

        static Clamp of(Activation activation) {
            return switch (activation) {
                case LINEAR -> NONE;
                case RELU -> RELU;
                case RELU6 -> RELU6;
            };
        }

        /** These bounds and then others. */
        Clamp then(Clamp next) {
            return new Clamp(
                    Math.clamp(lowest, next.lowest, next.highest), Math.clamp(highest, next.lowest, next.highest));
        }
    }

    /** The sum of two values of one shape, around a block. */
    record Sum() implements Operation {}

    /**
     * An average over windows of a map, which have to be one window.
     *
     * @param height the window's
     * @param width the window's
     * @param strideHeight between windows
     * @param strideWidth between windows
     * @param same whether windows may reach over the edge, as with TensorFlow's SAME
     */
    record Pool(long height, long width, long strideHeight, long strideWidth, boolean same) implements Operation {}

    /** An average over one axis of a map, or both. */
    record Mean(boolean overHeight, boolean overWidth) implements Operation {}

    /** Another shape of the same values in the same order, behind the global average. */
    record Reshape() implements Operation {}

    /** Softmax over classes. */
    record Softmax() implements Operation {}

    /** The channels of two maps, one behind the other. */
    record Concatenation() implements Operation {}

    /** A map of another size, bilinearly interpolated. */
    record Resize(long height, long width, Sampling sampling) implements Operation {}

    /** The channel with the largest value, of each pixel. */
    record ArgMax() implements Operation {}
}
