package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.spindle.Checkpoint;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.Sampling;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.Weights;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** A classifier of three blocks with seeded weights, for writers of test files. */
final class SmallNetwork {

    static final int HEIGHT = 16;
    static final int WIDTH = 20;
    static final int CLASSES = 5;
    static final double EPSILON = 1e-3;

    private SmallNetwork() {}

    /** With batch normalisation behind each convolution. */
    static Checkpoint normalised(Padding padding, int height, int width) {
        return normalised(network(padding, height, width));
    }

    /** Another network with such weights. */
    static Checkpoint normalised(Network network) {
        Random random = new Random(3);
        Map<String, LayerWeights> layers = new HashMap<>();
        for (Conv conv : network.convolutions()) {
            int channels = conv.outputs();
            BatchNorm norm = new BatchNorm(
                    values(random, channels, 1, 0.2), values(random, channels, 0, 0.3), values(random, channels, 0, 0.2),
                    values(random, channels, 1, 0.2), EPSILON);
            layers.put(conv.name(), LayerWeights.normalised(kernel(random, conv), norm));
        }
        Conv last = network.weighted().getLast();
        layers.put(last.name(), LayerWeights.biased(kernel(random, last), values(random, network.classes(), 0, 0.1)));
        return checkpoint(network, Weights.of(network, layers));
    }

    /** A segmentation network of the same backbone, with channels that fill no block. */
    static Network segmenting(Padding padding, int height, int width) {
        Network backbone = network(padding, height, width);
        return new Network(
                "MobileNetV2, stem 8, 3 blocks, DeepLabv3 head", height, width, padding, backbone.stem(),
                backbone.blocks(),
                new DeepLab(
                        Conv.pointwise("aspp", 12, 19, Activation.RELU),
                        Conv.pointwise("image_pooling", 12, 9, Activation.RELU),
                        Conv.pointwise("projection", 28, 21, Activation.RELU),
                        Conv.pointwise("logits", 21, CLASSES, Activation.LINEAR), true, Sampling.ALIGN_CORNERS));
    }

    /** With biases instead. */
    static Checkpoint folded(Padding padding, int height, int width) {
        Network network = network(padding, height, width);
        return checkpoint(network, Weights.random(network, 4));
    }

    private static Checkpoint checkpoint(Network network, Weights weights) {
        return new Checkpoint(
                network, weights, Preprocessing.TF, List.of(),
                new Checkpoint.Source("test", "test", EPSILON, List.of(), List.of()));
    }

    private static Network network(Padding padding, int height, int width) {
        return new Network(
                "MobileNetV2, stem 8, 3 blocks",
                height,
                width,
                padding,
                Conv.full("stem", 3, 8, 3, 2, Activation.RELU6),
                List.of(block("block1", 8, 8, 8, 1), block("block2", 8, 16, 12, 2), block("block3", 12, 24, 12, 1)),
                Optional.of(Conv.pointwise("head", 12, 20, Activation.RELU6)),
                CLASSES);
    }

    private static InvertedResidual block(String name, int inputs, int hidden, int outputs, int stride) {
        return new InvertedResidual(
                name,
                hidden == inputs
                        ? Optional.empty()
                        : Optional.of(Conv.pointwise(name + ".expand", inputs, hidden, Activation.RELU6)),
                Conv.depthwise(name + ".depthwise", hidden, stride, 1, Activation.RELU6),
                Conv.pointwise(name + ".project", hidden, outputs, Activation.LINEAR),
                stride == 1 && inputs == outputs);
    }

    private static float[] kernel(Random random, Conv conv) {
        return values(random, (int) conv.weights(), 0, Math.sqrt(2.0 * conv.outputs() / conv.weights()));
    }

    private static float[] values(Random random, int count, double mean, double deviation) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (mean + deviation * Math.clamp(random.nextGaussian(), -3, 3));
        }
        return values;
    }

    /** Checks that two checkpoints are of one network and give the same logits for a seeded input, but for roundings. */
    static void assertSame(Checkpoint expected, Checkpoint found, double tolerance) {
        assertEquals(expected.network(), found.network());
        float[] input = values(new Random(5), 3 * found.network().height() * found.network().width(), 0, 1);
        double[] exact = new DoubleReference(expected).logits(input, 0);
        double[] logits = new DoubleReference(found).logits(input, 0);
        double largest = 0;
        for (double logit : exact) {
            largest = Math.max(largest, Math.abs(logit));
        }
        for (int i = 0; i < exact.length; i++) {
            assertEquals(exact[i], logits[i], tolerance * largest, "class " + i);
        }
    }

    /** Checks that the weights of all layers are the same bits, whatever the epsilon of batch normalisation. */
    static void assertSameWeights(Checkpoint expected, Checkpoint found) {
        Map<String, Safetensors.Tensor> tensors = LayerTensors.of(expected.network(), expected.weights());
        Map<String, Safetensors.Tensor> same = LayerTensors.of(found.network(), found.weights());
        assertEquals(tensors.keySet(), same.keySet());
        tensors.forEach((name, tensor) -> assertArrayEquals(tensor.floats(), same.get(name).floats(), name));
    }
}
