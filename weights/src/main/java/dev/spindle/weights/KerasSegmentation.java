package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.Sampling;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the layers of DeepLabv3 on MobileNetV2 by the names that the Keras DeepLab of bonlime and its kin give them, which are
 * those of TensorFlow's: {@code Conv}, {@code expanded_conv_depthwise}, {@code expanded_conv_1_expand}, …, {@code aspp0},
 * {@code image_pooling}, {@code concat_projection}, {@code logits_semantic} or {@code custom_logits_semantic}, each with a
 * batch normalisation {@code …_BN} but the last. What no array tells are conventions of that source: the paper's strides at an
 * output stride of 8, pooled channels first, aligned corners.
 */
final class KerasSegmentation {

    /** The output stride of that source's MobileNetV2. */
    static final int OUTPUT_STRIDE = 8;

    /** The input's side in that source. */
    static final int SIDE = 512;

    private static final String MARK = "concat_projection";
    private static final List<String> LOGITS = List.of("logits_semantic", "custom_logits_semantic");
    private static final double HEAD_EPSILON = 1e-5;
    private static final int NORM_VARIABLES = 4;

    private final Path file;
    private final Map<String, List<Hdf5.Array>> variables;

    private KerasSegmentation(Path file, Map<String, List<Hdf5.Array>> variables) {
        this.file = file;
        this.variables = variables;
    }

    /** Whether layers have the names of a segmentation network. */
    static boolean isOne(Map<String, List<Hdf5.Array>> variables) {
        return variables.containsKey(MARK);
    }

    /**
     * Finds the layers, without dilation.
     *
     * @param file for messages
     * @param variables of each layer by its name, in Keras's order
     * @throws InvalidInputException where one is missing or has another shape
     */
    static LayerStack read(Path file, Map<String, List<Hdf5.Array>> variables) {
        return new KerasSegmentation(file, variables).stack();
    }

    private LayerStack stack() {
        double epsilon = SourceProfile.KERAS.epsilon();
        Layer stem = full("Conv", 3, 3, 2, Activation.RELU6, epsilon);
        List<String> prefixes = new ArrayList<>();
        for (String prefix = "expanded_conv_"; variables.containsKey(prefix + "depthwise"); ) {
            prefixes.add(prefix);
            prefix = "expanded_conv_" + prefixes.size() + "_";
        }
        List<Integer> outputs = prefixes.stream().map(prefix -> outputs(prefix + "project")).toList();
        List<Integer> strides = Strides.of(file, outputs);
        List<LayerStack.Block> blocks = new ArrayList<>();
        int channels = stem.conv().outputs();
        for (int i = 0; i < prefixes.size(); i++) {
            String prefix = prefixes.get(i);
            int inputs = channels;
            Optional<Layer> expand = variables.containsKey(prefix + "expand")
                    ? Optional.of(full(prefix + "expand", inputs, 1, 1, Activation.RELU6, epsilon))
                    : Optional.empty();
            int hidden = expand.map(layer -> layer.conv().outputs()).orElse(inputs);
            Layer depthwise = depthwise(prefix + "depthwise", hidden, strides.get(i), epsilon);
            Layer project = full(prefix + "project", hidden, 1, 1, Activation.LINEAR, epsilon);
            channels = project.conv().outputs();
            blocks.add(new LayerStack.Block(expand, depthwise, project, strides.get(i) == 1 && inputs == channels));
        }
        Layer aspp = full("aspp0", channels, 1, 1, Activation.RELU, HEAD_EPSILON);
        Layer pooling = full("image_pooling", channels, 1, 1, Activation.RELU, HEAD_EPSILON);
        Layer projection = full(
                MARK, aspp.conv().outputs() + pooling.conv().outputs(), 1, 1, Activation.RELU, HEAD_EPSILON);
        String logits = LOGITS.stream().filter(variables::containsKey).findFirst().orElse(LOGITS.getFirst());
        return new LayerStack(stem, blocks, new LayerStack.Segmenter(
                aspp, pooling, projection,
                full(logits, projection.conv().outputs(), 1, 1, Activation.LINEAR, HEAD_EPSILON),
                true, Sampling.ALIGN_CORNERS));
    }

    private int outputs(String name) {
        return kernel(name).shape().getLast();
    }

    private Hdf5.Array kernel(String name) {
        List<Hdf5.Array> found = variables.getOrDefault(name, List.of());
        if (found.isEmpty() || found.size() > 2 || found.getFirst().shape().size() != 4) {
            throw InvalidInputException.of(
                    file, "layer " + name, "a kernel of 4 axes, perhaps with a bias", found.size() + " variables");
        }
        return found.getFirst();
    }

    private Layer full(String name, int inputs, int side, int stride, Activation activation, double epsilon) {
        Hdf5.Array kernel = kernel(name);
        int outputs = outputs(name);
        require(kernel, List.of(side, side, inputs, outputs));
        Conv conv = ModelFile.valid(file, () -> Conv.full(name, inputs, outputs, side, stride, activation));
        return new Layer(conv, weights(name, kernel.permuted(3, 2, 0, 1), outputs, epsilon));
    }

    private Layer depthwise(String name, int channels, int stride, double epsilon) {
        Hdf5.Array kernel = kernel(name);
        require(kernel, List.of(3, 3, channels, 1));
        Conv conv = Conv.depthwise(name, channels, stride, 1, Activation.RELU6);
        return new Layer(conv, weights(name, kernel.permuted(2, 3, 0, 1), channels, epsilon));
    }

    private static void require(Hdf5.Array array, List<Integer> shape) {
        if (!array.shape().equals(shape)) {
            throw array.wrong("shape " + shape, array.shape().toString());
        }
    }

    private LayerWeights weights(String name, Constant kernel, int outputs, double epsilon) {
        Optional<float[]> bias = variables.get(name).stream().skip(1).findFirst().map(array -> floats(array, outputs));
        List<Hdf5.Array> norm = variables.getOrDefault(name + "_BN", List.of());
        if (norm.isEmpty()) {
            return new LayerWeights(kernel.floats(), bias, Optional.empty());
        }
        if (norm.size() != NORM_VARIABLES) {
            throw InvalidInputException.of(
                    file, "layer " + name + "_BN", NORM_VARIABLES + " variables", String.valueOf(norm.size()));
        }
        return new LayerWeights(kernel.floats(), bias, Optional.of(new BatchNorm(
                floats(norm.get(0), outputs), floats(norm.get(1), outputs), floats(norm.get(2), outputs),
                floats(norm.get(3), outputs), epsilon)));
    }

    private static float[] floats(Hdf5.Array array, int count) {
        require(array, List.of(count));
        return array.floats();
    }
}
