package dev.spindle;

import dev.spindle.image.Preprocessing;
import dev.spindle.network.Classifier;
import dev.spindle.network.Network;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.QuantisedWeights;
import dev.spindle.plan.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a reader makes of a model file: the network that the file describes, its weights, and what it says of itself.
 *
 * @param network the description, read from the file's graph or from its names and shapes
 * @param weights the weights by layer name; those of a quantised file dequantised
 * @param quantised the integers of a quantised file, where the network can be computed with them
 * @param preprocessing how pictures become inputs
 * @param labels one name a class; empty where the file has none
 * @param source where all this comes from
 */
public record Checkpoint(
        Network network,
        Weights weights,
        Optional<QuantisedWeights> quantised,
        Preprocessing preprocessing,
        List<String> labels,
        Source source) {

    /** Checks that labels, if any, are as many as classes. */
    public Checkpoint {
        Objects.requireNonNull(network, "network");
        Objects.requireNonNull(weights, "weights");
        Objects.requireNonNull(quantised, "quantised");
        Objects.requireNonNull(preprocessing, "preprocessing");
        Objects.requireNonNull(source, "source");
        labels = List.copyOf(labels);
        if (!labels.isEmpty() && labels.size() != network.classes()) {
            throw new IllegalArgumentException(
                    labels.size() + " labels for " + network.classes() + " classes, expected as many");
        }
    }

    /** A network of fp32. */
    public Checkpoint(
            Network network, Weights weights, Preprocessing preprocessing, List<String> labels, Source source) {
        this(network, weights, Optional.empty(), preprocessing, labels, source);
    }

    /** The same in fp32 with other weights. */
    public Checkpoint withWeights(Weights newWeights) {
        return new Checkpoint(network, newWeights, preprocessing, labels, source);
    }

    /** The same with integers to compute with. */
    public Checkpoint withQuantised(QuantisedWeights integers) {
        return new Checkpoint(network, weights, Optional.of(integers), preprocessing, labels, source);
    }

    /** The same with other labels; none, or one a class. */
    public Checkpoint withLabels(List<String> newLabels) {
        return new Checkpoint(network, weights, quantised, preprocessing, newLabels, source);
    }

    /**
     * The same network in fp32 with another classifier on its features.
     *
     * @param classifier its weights, {@code [classes][features]}, and a bias
     * @param newLabels one a class
     * @throws IllegalArgumentException where the network is no classifier, or weights and labels do not fit
     */
    public Checkpoint withClassifier(LayerWeights classifier, List<String> newLabels) {
        if (!(network.top() instanceof Classifier)) {
            throw new IllegalArgumentException("expected a network that ends in a classifier, found " + network.architecture());
        }
        Network other = network.withTop(new Classifier(network.head(), newLabels.size()));
        return new Checkpoint(
                other, weights.with(other, Network.CLASSIFIER, classifier), preprocessing, newLabels, source);
    }

    /** The same with another preparation of pictures. */
    public Checkpoint withPreprocessing(Preprocessing newPreprocessing) {
        return new Checkpoint(network, weights, quantised, newPreprocessing, labels, source);
    }

    /**
     * The same weights at another input size.
     *
     * @param height in pixels
     * @param width in pixels
     * @see Network#withResolution
     */
    public Checkpoint withResolution(int height, int width) {
        return new Checkpoint(network.withResolution(height, width), weights, quantised, preprocessing, labels, source);
    }

    /** The same with another source. */
    public Checkpoint withSource(Source newSource) {
        return new Checkpoint(network, weights, quantised, preprocessing, labels, newSource);
    }

    /**
     * The same weights at another output stride.
     *
     * @param stride 8, 16 or 32
     * @see Network#withOutputStride
     */
    public Checkpoint withOutputStride(int stride) {
        return new Checkpoint(network.withOutputStride(stride), weights, quantised, preprocessing, labels, source);
    }

    /** The same with batch normalisation folded into kernels and biases, as a plan folds it: results are the same bits. */
    public Checkpoint folded() {
        return new Checkpoint(network, weights.folded(network), quantised, preprocessing, labels, source.folded());
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
     * @param provenance for a converted file, what it was converted from
     * @param warnings where two facts in the file disagree: one line each, which names both and says which one counts
     */
    public record Source(
            String format,
            String profile,
            double epsilon,
            List<String> notes,
            List<Tensor> tensors,
            Optional<Provenance> provenance,
            List<String> warnings) {

        /** Copies the lists. */
        public Source {
            Objects.requireNonNull(format, "format");
            Objects.requireNonNull(profile, "profile");
            Objects.requireNonNull(provenance, "provenance");
            notes = List.copyOf(notes);
            tensors = List.copyOf(tensors);
            warnings = List.copyOf(warnings);
        }

        /** A file as it was published, in which no facts disagree. */
        public Source(String format, String profile, double epsilon, List<String> notes, List<Tensor> tensors) {
            this(format, profile, epsilon, notes, tensors, Optional.empty(), List.of());
        }

        /** The same, converted from something. */
        public Source withProvenance(Provenance found) {
            return new Source(format, profile, epsilon, notes, tensors, Optional.of(found), warnings);
        }

        /** The same with one more note. */
        public Source withNote(String note) {
            List<String> all = new ArrayList<>(notes);
            all.add(note);
            return new Source(format, profile, epsilon, all, tensors, provenance, warnings);
        }

        /** The same with more warnings behind those that there are. */
        public Source withWarnings(List<String> more) {
            List<String> all = new ArrayList<>(warnings);
            all.addAll(more);
            return new Source(format, profile, epsilon, notes, tensors, provenance, all);
        }

        private Source folded() {
            return new Source(format, profile, Double.NaN, notes, tensors, provenance, warnings);
        }
    }

    /**
     * The file that a converted file was made from, however often it was converted since.
     *
     * @param format the file format, such as {@code TensorFlow Lite}
     * @param file the file's name, without folders
     * @param sha256 of the whole file, 64 hexadecimal digits
     * @param converter name and version of the program that converted it
     */
    public record Provenance(String format, String file, String sha256, String converter) {

        /** Checks that nothing is null. */
        public Provenance {
            Objects.requireNonNull(format, "format");
            Objects.requireNonNull(file, "file");
            Objects.requireNonNull(sha256, "sha256");
            Objects.requireNonNull(converter, "converter");
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
