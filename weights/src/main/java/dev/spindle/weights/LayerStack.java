package dev.spindle.weights;

import dev.spindle.Checkpoint;
import dev.spindle.detection.Anchors;
import dev.spindle.detection.PostProcessing;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MapSize;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.Sampling;
import dev.spindle.network.SsdLite;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The layers that a reader found, in execution order: where all readers meet. It gives layers the names that
 * {@link dev.spindle.network.MobileNetV2} gives them.
 *
 * @param stem the first convolution
 * @param blocks the blocks in execution order
 * @param top what stands on them
 */
record LayerStack(Layer stem, List<Block> blocks, Top top) {

    /** The layers behind the blocks. */
    sealed interface Top {

        /** How many classes are told apart. */
        int classes();

        /** The convolutions. */
        Stream<Layer> layers();
    }

    /**
     * What classifies.
     *
     * @param head the last 1x1 convolution before the pool; empty where there is none
     * @param dense the dense layer's weights
     * @param classes the dense layer's outputs
     */
    record Classifier(Optional<Layer> head, LayerWeights dense, int classes) implements Top {

        @Override
        public Stream<Layer> layers() {
            return head.stream();
        }
    }

    /**
     * What segments.
     *
     * @see DeepLab
     */
    record Segmenter(
            Layer aspp, Layer imagePooling, Layer projection, Layer logits, boolean pooledFirst, Sampling sampling)
            implements Top {

        @Override
        public int classes() {
            return logits.conv().outputs();
        }

        @Override
        public Stream<Layer> layers() {
            return Stream.of(imagePooling, aspp, projection, logits);
        }
    }

    /**
     * What detects.
     *
     * @param tap the file's name of the layer whose map is the finest
     * @param last the last 1x1 convolution on the backbone
     * @param extras the blocks behind it
     * @param predictors one a map
     * @param background whether the first class prediction of an anchor is that it shows nothing
     * @param postProcessing what comes behind the layers, for maps of these sizes
     * @see SsdLite
     */
    record Detector(
            String tap,
            Layer last,
            List<Block> extras,
            List<Predictor> predictors,
            boolean background,
            Function<List<MapSize>, PostProcessing> postProcessing)
            implements Top {

        @Override
        public int classes() {
            Predictor first = predictors.getFirst();
            int anchors = first.boxes.project.conv().outputs() / Anchors.NUMBERS;
            return first.classes.project.conv().outputs() / Math.max(1, anchors) - (background ? 1 : 0);
        }

        @Override
        public Stream<Layer> layers() {
            Stream<Layer> predicting = predictors.stream()
                    .flatMap(predictor -> Stream.concat(predictor.boxes.layers(), predictor.classes.layers()));
            return Stream.concat(
                    Stream.concat(Stream.of(last), extras.stream().flatMap(Block::layers)), predicting);
        }
    }

    /** What predicts boxes and classes of a map. */
    record Predictor(Branch boxes, Branch classes) {}

    /** What predicts one thing of a map. */
    record Branch(Optional<Layer> depthwise, Layer project) {

        private Stream<Layer> layers() {
            return Stream.concat(depthwise.stream(), Stream.of(project));
        }
    }

    /** The layers of a classifier. */
    LayerStack(Layer stem, List<Block> blocks, Optional<Layer> head, LayerWeights dense, int classes) {
        this(stem, blocks, new Classifier(head, dense, classes));
    }

    /** The layers of one block. */
    record Block(Optional<Layer> expand, Layer depthwise, Layer project, boolean residual) {

        private Stream<Layer> layers() {
            return Stream.concat(expand.stream(), Stream.of(depthwise, project));
        }
    }

    /**
     * What surrounds the layers.
     *
     * @param height input height in pixels
     * @param width input width in pixels
     * @param padding where convolutions put their zeros
     * @param preprocessing how pictures become inputs
     * @param labels one a class, or none
     */
    record Facts(int height, int width, Padding padding, Preprocessing preprocessing, List<String> labels) {}

    /** Whether no layer has batch normalisation of its own any more. */
    boolean isFolded() {
        return Stream.concat(
                        Stream.of(stem),
                        Stream.concat(blocks.stream().flatMap(Block::layers), top.layers()))
                .allMatch(layer -> layer.weights().batchNorm().isEmpty());
    }

    /**
     * Builds network and weights.
     *
     * @param file for messages
     * @param facts what surrounds the layers
     * @param source where all this comes from
     * @throws dev.spindle.InvalidInputException where layers do not fit one another or weights are not finite
     */
    Checkpoint checkpoint(Path file, Facts facts, Checkpoint.Source source) {
        return ModelFile.valid(file, () -> build(facts, source));
    }

    private Checkpoint build(Facts facts, Checkpoint.Source source) {
        Map<String, LayerWeights> weights = new HashMap<>();
        Conv stemConv = named(stem, "stem", weights);
        List<InvertedResidual> residuals = named(blocks, "block", weights);
        dev.spindle.network.Top built = switch (top) {
            case Classifier classifier -> {
                weights.put(Network.CLASSIFIER, classifier.dense);
                yield new dev.spindle.network.Classifier(
                        classifier.head.map(layer -> named(layer, "head", weights)), classifier.classes);
            }
            case Segmenter segmenter -> new DeepLab(
                    named(segmenter.aspp, "aspp", weights),
                    named(segmenter.imagePooling, "image_pooling", weights),
                    named(segmenter.projection, "projection", weights),
                    named(segmenter.logits, "logits", weights),
                    segmenter.pooledFirst,
                    segmenter.sampling);
            case Detector detector -> named(detector, backbone(stemConv, residuals), facts, weights);
        };
        Network network = new Network(
                Architecture.describe(stemConv, residuals, built), facts.height, facts.width, facts.padding, stemConv,
                residuals, built);
        return checkpoint(network, Weights.of(network, weights), facts.preprocessing, facts.labels, source);
    }

    /**
     * A checkpoint with these labels if they are as many as classes; else without any, and with a warning. A segmentation
     * network of 21 classes without labels has those of PASCAL VOC.
     */
    static Checkpoint checkpoint(
            Network network, Weights weights, Preprocessing preprocessing, List<String> labels, Checkpoint.Source source) {
        if (labels.isEmpty() && network.top() instanceof DeepLab && network.classes() == PascalVoc.LABELS.size()) {
            return new Checkpoint(network, weights, preprocessing, PascalVoc.LABELS, source);
        }
        if (labels.isEmpty() || labels.size() == network.classes()) {
            return new Checkpoint(network, weights, preprocessing, labels, source);
        }
        String warning =
                labels.size() + " labels for " + network.classes() + " classes, but there should be as many: none is used";
        return new Checkpoint(network, weights, preprocessing, List.of(), source.withWarnings(List.of(warning)));
    }

    /** How many classes are told apart. */
    int classes() {
        return top.classes();
    }

    private static List<InvertedResidual> named(List<Block> blocks, String prefix, Map<String, LayerWeights> weights) {
        List<InvertedResidual> residuals = new ArrayList<>();
        for (Block block : blocks) {
            String name = prefix + (residuals.size() + 1);
            residuals.add(new InvertedResidual(
                    name,
                    block.expand.map(layer -> named(layer, name + ".expand", weights)),
                    named(block.depthwise, name + ".depthwise", weights),
                    named(block.project, name + ".project", weights),
                    block.residual));
        }
        return residuals;
    }

    private static List<Conv> backbone(Conv stem, List<InvertedResidual> blocks) {
        List<Conv> all = new ArrayList<>();
        all.add(stem);
        blocks.forEach(block -> all.addAll(block.convolutions()));
        return all;
    }

    private SsdLite named(Detector detector, List<Conv> backbone, Facts facts, Map<String, LayerWeights> weights) {
        List<Layer> layers = Stream.concat(Stream.of(stem), blocks.stream().flatMap(Block::layers)).toList();
        int tapped = layers.stream().map(layer -> layer.conv().name()).toList().indexOf(detector.tap);
        String tap = backbone.get(tapped).name();
        Conv last = named(detector.last, "head", weights);
        List<InvertedResidual> extras = named(detector.extras, "extra", weights);
        List<SsdLite.Predictor> predictors = new ArrayList<>();
        for (Predictor predictor : detector.predictors) {
            String number = String.valueOf(predictors.size() + 1);
            predictors.add(new SsdLite.Predictor(
                    named(predictor.boxes, "boxes" + number, weights),
                    named(predictor.classes, "classes" + number, weights)));
        }
        List<MapSize> maps = SsdLite.maps(backbone, new MapSize(facts.height, facts.width), tap, extras);
        return new SsdLite(tap, last, extras, predictors, detector.postProcessing.apply(maps));
    }

    private static SsdLite.Branch named(Branch branch, String name, Map<String, LayerWeights> weights) {
        return new SsdLite.Branch(
                branch.depthwise.map(layer -> named(layer, name + ".depthwise", weights)),
                named(branch.project, name + ".project", weights));
    }

    private static Conv named(Layer layer, String name, Map<String, LayerWeights> weights) {
        Layer renamed = layer.named(name);
        weights.put(name, renamed.weights());
        return renamed.conv();
    }
}
