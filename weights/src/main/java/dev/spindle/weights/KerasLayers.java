package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Finds the layers of a MobileNet in weights without a model. Shapes tell convolutions, depthwise convolutions, dense layers
 * and batch normalisations; those of a kind are in the model's order, and how many there are tells how they alternate. Names
 * do not matter: they differ between Keras's versions, and DeepLab's are others.
 */
final class KerasLayers {

    private static final int NORM_VARIABLES = 4;

    /** A kernel, {@code [height, width, inputs, outputs]} or {@code [inputs, outputs]}, perhaps with a bias. */
    private record Weighted(Hdf5.Array kernel, Optional<Hdf5.Array> bias) {

        int outputs() {
            return kernel.shape().getLast();
        }
    }

    /** The convolutions of a block. */
    private record Block(Optional<Weighted> expand, Weighted depthwise, Weighted project) {}

    private final Path file;
    private final Deque<Weighted> convolutions = new ArrayDeque<>();
    private final Deque<Weighted> depthwise = new ArrayDeque<>();
    private final Deque<Weighted> dense = new ArrayDeque<>();
    private final Deque<List<Hdf5.Array>> norms = new ArrayDeque<>();
    private final boolean normalised;
    private int channels = 3;

    private KerasLayers(Path file, List<List<Hdf5.Array>> layers) {
        this.file = file;
        layers.forEach(this::sort);
        this.normalised = !norms.isEmpty();
    }

    /**
     * Finds the layers.
     *
     * @param file for messages
     * @param layers the variables of each, those of a kind in order
     * @throws InvalidInputException where they are not those of a MobileNet classifier
     */
    static LayerStack read(Path file, List<List<Hdf5.Array>> layers) {
        return new KerasLayers(file, layers).stack();
    }

    private void sort(List<Hdf5.Array> variables) {
        Hdf5.Array first = variables.getFirst();
        List<Integer> shape = first.shape();
        if (shape.size() == 1 && variables.size() == NORM_VARIABLES) {
            norms.add(variables);
            return;
        }
        if (shape.size() != 2 && shape.size() != 4 || shape.contains(0) || variables.size() > 2) {
            throw first.wrong(
                    "the kernel of a convolution or dense layer, or the gamma of a batch normalisation",
                    "shape " + shape + ", first of " + variables.size() + " variables");
        }
        Weighted layer = new Weighted(first, variables.stream().skip(1).findFirst());
        if (shape.size() == 2) {
            dense.add(layer);
        } else if (shape.get(3) == 1 && shape.get(0) > 1) {
            depthwise.add(layer);
        } else {
            convolutions.add(layer);
        }
    }

    private LayerStack stack() {
        int count = depthwise.size();
        if (normalised && dense.isEmpty() && norms.size() >= convolutions.size() + count) {
            throw wrong("a classifier behind the convolutions (include_top=True)", "none");
        }
        Weighted stem = next(convolutions, "a convolution");
        // A block of MobileNet V1 has one, and one more may be the classifier; V2 has those that expand, and the head.
        boolean expanding = convolutions.size() > count + 1;
        int expansions = expanding ? convolutions.size() - count - (dense.isEmpty() ? 2 : 1) : 0;
        List<Block> found = new ArrayList<>();
        while (!depthwise.isEmpty()) {
            boolean expands = found.size() >= count - expansions;
            found.add(new Block(
                    expands ? Optional.of(next(convolutions, "a convolution that begins a block")) : Optional.empty(),
                    depthwise.poll(),
                    next(convolutions, "a convolution that ends a block")));
        }
        Layer first = full(stem, 3, 2, true);
        List<LayerStack.Block> blocks = blocks(found, expanding);
        Optional<Layer> head =
                expanding ? Optional.of(full(next(convolutions, "a head"), 1, 1, true)) : Optional.empty();
        Weighted classifier = next(dense.isEmpty() ? convolutions : dense, "a classifier (include_top=True)");
        requireNone();
        int[] shape = classifier.kernel().shape().stream().mapToInt(Integer::intValue).toArray();
        if (shape[shape.length - 2] != channels || shape.length == 4 && (shape[0] != 1 || shape[1] != 1)) {
            throw classifier.kernel().wrong("a classifier of " + channels + " features", classifier.kernel().shape().toString());
        }
        Constant kernel = classifier.kernel().reshaped(List.of(channels, classifier.outputs())).permuted(1, 0);
        LayerWeights weights = new LayerWeights(
                kernel.floats(), classifier.bias().map(bias -> floats(bias, classifier.outputs())), Optional.empty());
        return new LayerStack(first, blocks, head, weights, classifier.outputs());
    }

    private List<LayerStack.Block> blocks(List<Block> found, boolean expanding) {
        List<Integer> outputs = found.stream().map(block -> block.project().outputs()).toList();
        List<Integer> strides = expanding ? Strides.of(file, outputs) : Strides.ofFirstFamily(file, outputs);
        List<LayerStack.Block> blocks = new ArrayList<>();
        for (Block block : found) {
            int inputs = channels;
            int stride = strides.get(blocks.size());
            Optional<Layer> expand = block.expand().map(conv -> full(conv, 1, 1, true));
            Layer middle = depthwise(block.depthwise(), stride);
            Layer project = full(block.project(), 1, 1, !expanding);
            boolean residual = expanding && stride == 1 && inputs == channels;
            blocks.add(new LayerStack.Block(expand, middle, project, residual));
        }
        return blocks;
    }

    private Layer full(Weighted layer, int side, int stride, boolean activated) {
        int outputs = layer.outputs();
        require(layer, List.of(side, side, channels, outputs));
        Activation activation = activated ? SourceProfile.KERAS.activation() : Activation.LINEAR;
        Conv conv = Conv.full(layer.kernel().name(), channels, outputs, side, stride, activation);
        channels = outputs;
        return new Layer(conv, weights(layer, layer.kernel().permuted(3, 2, 0, 1), outputs));
    }

    private Layer depthwise(Weighted layer, int stride) {
        require(layer, List.of(3, 3, channels, 1));
        Conv conv =
                Conv.depthwise(layer.kernel().name(), channels, stride, 1, SourceProfile.KERAS.activation());
        return new Layer(conv, weights(layer, layer.kernel().permuted(2, 3, 0, 1), channels));
    }

    private static void require(Weighted layer, List<Integer> shape) {
        if (!layer.kernel().shape().equals(shape)) {
            throw layer.kernel().wrong("shape " + shape, layer.kernel().shape().toString());
        }
    }

    private LayerWeights weights(Weighted layer, Constant kernel, int outputs) {
        Optional<float[]> bias = layer.bias().map(values -> floats(values, outputs));
        Optional<BatchNorm> norm = Optional.empty();
        if (normalised) {
            List<Hdf5.Array> found = next(norms, "a batch normalisation behind each convolution");
            norm = Optional.of(new BatchNorm(
                    floats(found.get(0), outputs),
                    floats(found.get(1), outputs),
                    floats(found.get(2), outputs),
                    floats(found.get(3), outputs),
                    SourceProfile.KERAS.epsilon()));
        }
        return new LayerWeights(kernel.floats(), bias, norm);
    }

    private static float[] floats(Hdf5.Array values, int count) {
        if (!values.shape().equals(List.of(count))) {
            throw values.wrong("shape [" + count + "]", values.shape().toString());
        }
        return values.floats();
    }

    private <T> T next(Deque<T> layers, String expected) {
        if (layers.isEmpty()) {
            throw wrong(expected, "no more");
        }
        return layers.poll();
    }

    private void requireNone() {
        if (!convolutions.isEmpty() || !dense.isEmpty() || !norms.isEmpty()) {
            throw wrong("only the layers of a MobileNet classifier", "more");
        }
    }

    private InvalidInputException wrong(String expected, String found) {
        return InvalidInputException.of(file, "weights", expected, found);
    }
}
