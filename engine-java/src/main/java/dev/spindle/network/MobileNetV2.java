package dev.spindle.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Builds the description of MobileNetV2 (Sandler et al., arXiv 1801.04381, table 2) from its parameters.
 *
 * <p>Layer names are {@code stem}, {@code block1.expand}, {@code block1.depthwise}, {@code block1.project}, …,
 * {@code head} and {@code classifier}; blocks count from 1, as in table 2 and in torchvision's {@code features}.
 */
public final class MobileNetV2 {

    /** One line of table 2: expansion factor, channels, repeats, stride of the first repeat. */
    private record Stage(int expansion, int channels, int repeats, int stride) {}

    private static final List<Stage> STAGES = List.of(
            new Stage(1, 16, 1, 1),
            new Stage(6, 24, 2, 2),
            new Stage(6, 32, 3, 2),
            new Stage(6, 64, 4, 2),
            new Stage(6, 96, 3, 1),
            new Stage(6, 160, 3, 2),
            new Stage(6, 320, 1, 1));

    /** The stages of MobileNet-Caffe, which steps one stage later: the 64 channels are still at 1/8 of the input. */
    private static final List<Stage> CAFFE_STAGES = List.of(
            new Stage(1, 16, 1, 1),
            new Stage(6, 24, 2, 2),
            new Stage(6, 32, 3, 2),
            new Stage(6, 64, 4, 1),
            new Stage(6, 96, 3, 2),
            new Stage(6, 160, 3, 2),
            new Stage(6, 320, 1, 1));

    private static final int STEM_CHANNELS = 32;
    private static final int HEAD_CHANNELS = 1280;

    private MobileNetV2() {}

    /** Starts from the paper's network: width 1.0, 224x224, 1000 classes. */
    public static Builder builder() {
        return new Builder("", STAGES, Activation.RELU6, false);
    }

    /**
     * Starts from the network of shicai/MobileNet-Caffe, which differs from the paper's: the first block has an expansion,
     * too, of factor 1; the 96 channels step instead of the 64; activations are {@link Activation#RELU}.
     */
    public static Builder caffe() {
        return new Builder(" (Caffe)", CAFFE_STAGES, Activation.RELU, true);
    }

    /**
     * Rounds a channel count to a multiple of {@code divisor}, never below {@code divisor} and never by more than 10 %
     * down: the rule of the published TensorFlow and PyTorch sources.
     *
     * @param channels the scaled channel count
     * @param divisor what the result is a multiple of
     * @return the rounded count
     */
    public static int makeDivisible(double channels, int divisor) {
        int rounded = Math.max(divisor, (int) (channels + divisor / 2.0) / divisor * divisor);
        return rounded < 0.9 * channels ? rounded + divisor : rounded;
    }

    /**
     * The strides of the blocks of a network with the paper's stages, whose first blocks step by 1, 2, 2, 2, 1, 2, 1.
     *
     * @return 17 strides, block 1 first
     */
    public static List<Integer> blockStrides() {
        List<Integer> strides = new ArrayList<>();
        for (Stage stage : STAGES) {
            for (int i = 0; i < stage.repeats; i++) {
                strides.add(i == 0 ? stage.stride : 1);
            }
        }
        return strides;
    }

    /** The parameters of a MobileNetV2. */
    public static final class Builder {
        private final String variant;
        private final List<Stage> stages;
        private final Activation activation;
        private final boolean alwaysExpands;
        private double widthMultiplier = 1.0;
        private int divisor = 8;
        private int height = 224;
        private int width = 224;
        private int classes = 1000;
        private int outputStride = 32;
        private Padding padding = Padding.SYMMETRIC;

        private Builder(String variant, List<Stage> stages, Activation activation, boolean alwaysExpands) {
            this.variant = variant;
            this.stages = stages;
            this.activation = activation;
            this.alwaysExpands = alwaysExpands;
        }

        /** Scales the channels of every layer; the head only above 1. */
        public Builder widthMultiplier(double value) {
            if (!(value > 0 && value <= 16)) {
                throw new IllegalArgumentException("width multiplier " + value + ", expected above 0 and at most 16");
            }
            widthMultiplier = value;
            return this;
        }

        /** What channel counts are multiples of: 8, or 4 where the source used it (width 0.1). */
        public Builder divisor(int value) {
            if (value < 1) {
                throw new IllegalArgumentException("divisor " + value + ", expected at least 1");
            }
            divisor = value;
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

        /**
         * Input pixels per output pixel of the last block: 8, 16 or 32. Below 32, layers that would step further keep
         * their resolution, and the depthwise convolutions behind them are dilated by the rate that they did not step
         * (section 6.3).
         */
        public Builder outputStride(int value) {
            if (value != 8 && value != 16 && value != 32) {
                throw new IllegalArgumentException("output stride " + value + ", expected 8, 16 or 32");
            }
            outputStride = value;
            return this;
        }

        /** Where convolutions put their zeros. */
        public Builder padding(Padding value) {
            padding = value;
            return this;
        }

        /** The description; throws {@link IllegalArgumentException} where parameters do not fit. */
        public Network build() {
            int channels = scaled(STEM_CHANNELS);
            Conv stem = Conv.full("stem", 3, channels, 3, 2, activation);
            List<InvertedResidual> blocks = new ArrayList<>();
            int reached = 2;
            int rate = 1;
            for (Stage stage : stages) {
                int outputs = scaled(stage.channels);
                for (int i = 0; i < stage.repeats; i++) {
                    int wanted = i == 0 ? stage.stride : 1;
                    boolean steps = reached * wanted <= outputStride;
                    blocks.add(block(
                            "block" + (blocks.size() + 1), channels, outputs, stage.expansion, steps ? wanted : 1, rate,
                            wanted == 1));
                    if (steps) {
                        reached *= wanted;
                    } else {
                        rate *= wanted;
                    }
                    channels = outputs;
                }
            }
            int headChannels = widthMultiplier > 1 ? scaled(HEAD_CHANNELS) : HEAD_CHANNELS;
            Conv head = Conv.pointwise("head", channels, headChannels, activation);
            String architecture = "MobileNetV2 " + String.format(Locale.ROOT, "%s", widthMultiplier) + variant;
            return new Network(architecture, height, width, padding, stem, blocks, Optional.of(head), classes);
        }

        private int scaled(int channels) {
            return makeDivisible(channels * widthMultiplier, divisor);
        }

        /**
         * @param skips whether the trained block has stride 1: a step that dilation replaced does not make a skip
         */
        private InvertedResidual block(
                String name, int inputs, int outputs, int expansion, int stride, int rate, boolean skips) {
            int hidden = inputs * expansion;
            Optional<Conv> expand = expansion == 1 && !alwaysExpands
                    ? Optional.empty()
                    : Optional.of(Conv.pointwise(name + ".expand", inputs, hidden, activation));
            Conv depthwise = Conv.depthwise(name + ".depthwise", hidden, stride, rate, activation);
            Conv project = Conv.pointwise(name + ".project", hidden, outputs, Activation.LINEAR);
            return new InvertedResidual(name, expand, depthwise, project, skips && inputs == outputs);
        }
    }
}
