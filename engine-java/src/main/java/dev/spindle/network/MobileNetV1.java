package dev.spindle.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Builds the description of MobileNet V1 (Howard et al., arXiv 1704.04861, table 1) from its parameters: a stem and 13
 * depthwise-separable layers, each a block without expansion whose projection is activated, too; no head.
 *
 * <p>Layer names are those of {@link MobileNetV2}: {@code stem}, {@code block1.depthwise}, {@code block1.project}, …,
 * {@code classifier}.
 */
public final class MobileNetV1 {

    /** Equal layers of table 1: channels, repeats, stride of the first repeat. */
    private record Stage(int channels, int repeats, int stride) {}

    private static final List<Stage> STAGES = List.of(
            new Stage(64, 1, 1),
            new Stage(128, 1, 2),
            new Stage(128, 1, 1),
            new Stage(256, 1, 2),
            new Stage(256, 1, 1),
            new Stage(512, 1, 2),
            new Stage(512, 5, 1),
            new Stage(1024, 1, 2),
            new Stage(1024, 1, 1));

    private static final int STEM_CHANNELS = 32;
    private static final int FEWEST_CHANNELS = 8;

    private MobileNetV1() {}

    /** Starts from the paper's network: width 1.0, 224x224, 1000 classes. */
    public static Builder builder() {
        return new Builder();
    }

    /** The parameters of a MobileNet V1. */
    public static final class Builder {
        private double widthMultiplier = 1.0;
        private int height = 224;
        private int width = 224;
        private int classes = 1000;
        private Padding padding = Padding.SAME;
        private Activation activation = Activation.RELU6;

        private Builder() {}

        /**
         * Scales the channels of every layer (section 3.3), rounded down but to no less than 8, as TensorFlow Slim has it.
         */
        public Builder widthMultiplier(double value) {
            if (!(value > 0 && value <= 16)) {
                throw new IllegalArgumentException("width multiplier " + value + ", expected above 0 and at most 16");
            }
            widthMultiplier = value;
            return this;
        }

        /** The input size in pixels, square. */
        public Builder resolution(int side) {
            return resolution(side, side);
        }

        /** The input size in pixels. */
        public Builder resolution(int newHeight, int newWidth) {
            height = newHeight;
            width = newWidth;
            return this;
        }

        /** Outputs of the classifier. */
        public Builder classes(int value) {
            classes = value;
            return this;
        }

        /** Where convolutions put their zeros. */
        public Builder padding(Padding value) {
            padding = value;
            return this;
        }

        /** What follows every convolution: {@link Activation#RELU6} in TensorFlow, {@link Activation#RELU} in Caffe. */
        public Builder activation(Activation value) {
            activation = value;
            return this;
        }

        /** The description; throws {@link IllegalArgumentException} where parameters do not fit. */
        public Network build() {
            int channels = scaled(STEM_CHANNELS);
            Conv stem = Conv.full("stem", 3, channels, 3, 2, activation);
            List<InvertedResidual> blocks = new ArrayList<>();
            for (Stage stage : STAGES) {
                int outputs = scaled(stage.channels);
                for (int i = 0; i < stage.repeats; i++) {
                    String name = "block" + (blocks.size() + 1);
                    blocks.add(new InvertedResidual(
                            name,
                            Optional.empty(),
                            Conv.depthwise(name + ".depthwise", channels, i == 0 ? stage.stride : 1, 1, activation),
                            Conv.pointwise(name + ".project", channels, outputs, activation),
                            false));
                    channels = outputs;
                }
            }
            String name = "MobileNetV1 " + String.format(Locale.ROOT, "%s", widthMultiplier);
            return new Network(name, height, width, padding, stem, blocks, Optional.empty(), classes);
        }

        private int scaled(int channels) {
            return Math.max(FEWEST_CHANNELS, (int) (channels * widthMultiplier));
        }
    }
}
