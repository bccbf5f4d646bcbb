package dev.spindle;

import dev.spindle.image.Preprocessing;
import dev.spindle.network.Network;
import dev.spindle.plan.Weights;
import java.util.List;
import java.util.Objects;

/**
 * What a reader makes of a model file: the network that the file describes, its weights, and what it says of itself.
 *
 * @param network the description, read from the file's graph or from its names and shapes
 * @param weights the weights by layer name
 * @param preprocessing how pictures become inputs
 * @param labels one name a class; empty where the file has none
 * @param source where all this comes from
 */
public record Checkpoint(
        Network network, Weights weights, Preprocessing preprocessing, List<String> labels, Source source) {

    /** Checks that labels, if any, are as many as classes. */
    public Checkpoint {
        Objects.requireNonNull(network, "network");
        Objects.requireNonNull(weights, "weights");
        Objects.requireNonNull(preprocessing, "preprocessing");
        Objects.requireNonNull(source, "source");
        labels = List.copyOf(labels);
        if (!labels.isEmpty() && labels.size() != network.classes()) {
            throw new IllegalArgumentException(
                    labels.size() + " labels for " + network.classes() + " classes, expected as many");
        }
    }

    /** The same with other labels; none, or one a class. */
    public Checkpoint withLabels(List<String> newLabels) {
        return new Checkpoint(network, weights, preprocessing, newLabels, source);
    }

    /**
     * A checkpoint's origin.
     *
     * @param format the file format, such as {@code TensorFlow Lite}
     * @param profile the named set of facts that the format cannot say, such as {@code torchvision}: padding, epsilon,
     *     activation, preprocessing
     * @param epsilon of the batch normalisation that was or will be folded; NaN where the file has it folded
     * @param notes facts for people, one a line, such as the quantisation scheme or the file's provenance
     * @param tensors what the file holds, in its order
     */
    public record Source(String format, String profile, double epsilon, List<String> notes, List<Tensor> tensors) {

        /** Copies the lists. */
        public Source {
            Objects.requireNonNull(format, "format");
            Objects.requireNonNull(profile, "profile");
            notes = List.copyOf(notes);
            tensors = List.copyOf(tensors);
        }
    }

    /**
     * One line of a file's table of tensors.
     *
     * @param name as the file has it
     * @param type element type, as the format calls it
     * @param shape sizes, outermost first
     */
    public record Tensor(String name, String type, List<Integer> shape) {

        /** Copies the shape. */
        public Tensor {
            shape = List.copyOf(shape);
        }
    }
}
