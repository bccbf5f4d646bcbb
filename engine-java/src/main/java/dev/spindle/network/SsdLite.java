package dev.spindle.network;

import dev.spindle.detection.AnchorGrid;
import dev.spindle.detection.AnchorShape;
import dev.spindle.detection.Anchors;
import dev.spindle.detection.BoxCode;
import dev.spindle.detection.PostProcessing;
import dev.spindle.detection.ScoreFunction;
import dev.spindle.detection.Suppression;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What makes a detector of a backbone (section 6.2): boxes and classes are predicted on the map in the middle of a block, on
 * that of a last 1x1 convolution, and on those of further blocks, each coarser than the one before. A prediction is a 3x3
 * depthwise and a 1x1 convolution.
 *
 * @param tap the name of the backbone's layer whose map is the finest: the expansion of the first block at stride 32
 * @param last the last 1x1 convolution on the backbone, whose map is the second
 * @param extras the blocks behind it, a map each
 * @param predictors one a map, the finest first
 * @param postProcessing what makes boxes of the predictions
 */
public record SsdLite(
        String tap, Conv last, List<InvertedResidual> extras, List<Predictor> predictors, PostProcessing postProcessing)
        implements Top {

    /** Maps before those of the extra blocks. */
    private static final int BEFORE_EXTRAS = 2;

    /** Channels of the extra blocks' maps, as TensorFlow's Object Detection API has them. */
    private static final int[] EXTRA_CHANNELS = {512, 256, 256, 128};

    private static final double PUBLISHED_SCORE_THRESHOLD = 1e-8;
    private static final double PUBLISHED_OVERLAP = 0.6;

    /** Checks that the layers fit one another, and the predictions the post-processing. */
    public SsdLite {
        Objects.requireNonNull(tap, "tap");
        Objects.requireNonNull(last, "last");
        Objects.requireNonNull(postProcessing, "postProcessing");
        extras = List.copyOf(extras);
        predictors = List.copyOf(predictors);
        if (predictors.size() != BEFORE_EXTRAS + extras.size()) {
            throw new IllegalArgumentException(predictors.size() + " predictors for " + (BEFORE_EXTRAS + extras.size())
                    + " maps, expected one a map");
        }
        requireOne(last);
        int channels = last.outputs();
        requireInputs(predictors.get(1), channels);
        for (int i = 0; i < extras.size(); i++) {
            InvertedResidual extra = extras.get(i);
            if (extra.inputs() != channels) {
                throw new IllegalArgumentException(
                        extra.name() + " takes " + extra.inputs() + " channels, but is given " + channels);
            }
            channels = extra.outputs();
            requireInputs(predictors.get(BEFORE_EXTRAS + i), channels);
        }
        int each = predictors.getFirst().predictions();
        for (Predictor predictor : predictors) {
            if (predictor.predictions() != each) {
                throw new IllegalArgumentException(predictor.classes().project().name() + ": "
                        + predictor.predictions() + " classes an anchor, expected " + each + " as before it");
            }
        }
        if (each < (postProcessing.background() ? 2 : 1)) {
            throw new IllegalArgumentException(each + " classes with the background, expected at least 2");
        }
    }

    /**
     * The paper's detector, with layers, anchors and post-processing as TensorFlow's Object Detection API has them
     * ({@code ssdlite_mobilenet_v2_coco}).
     *
     * @param classifier whose backbone and last convolution it has; the last block that expands and steps is tapped
     * @param classes to tell apart, the background not counted
     * @return a network of the classifier's input size
     * @throws IllegalArgumentException where the classifier has no such layers, or its maps get too small
     */
    public static Network on(Network classifier, int classes) {
        Conv last = classifier.head().orElseThrow(() ->
                new IllegalArgumentException(classifier.architecture() + ": expected a last 1x1 convolution"));
        Conv tapped = classifier.blocks().reversed().stream()
                .filter(block -> block.stride() == 2 && block.expand().isPresent())
                .findFirst()
                .flatMap(InvertedResidual::expand)
                .orElseThrow(() -> new IllegalArgumentException(
                        classifier.architecture() + ": expected a block that expands and steps"));
        List<InvertedResidual> extras = new ArrayList<>();
        int channels = last.outputs();
        for (int outputs : EXTRA_CHANNELS) {
            String name = "extra" + (extras.size() + 1);
            extras.add(new InvertedResidual(
                    name,
                    Optional.of(Conv.pointwise(name + ".expand", channels, outputs / 2, Activation.RELU6)),
                    Conv.depthwise(name + ".depthwise", outputs / 2, 2, 1, Activation.RELU6),
                    Conv.pointwise(name + ".project", outputs / 2, outputs, Activation.RELU6),
                    false));
            channels = outputs;
        }
        List<MapSize> maps = maps(
                classifier.backbone(), new MapSize(classifier.height(), classifier.width()), tapped.name(), extras);
        List<List<AnchorShape>> shapes = AnchorShape.tensorFlow(maps.size(), classifier.height(), classifier.width());
        List<AnchorGrid> grids = new ArrayList<>();
        List<Predictor> predictors = new ArrayList<>();
        for (int i = 0; i < maps.size(); i++) {
            int inputs = i == 0 ? tapped.outputs() : i == 1 ? last.outputs() : EXTRA_CHANNELS[i - BEFORE_EXTRAS];
            int anchors = shapes.get(i).size();
            grids.add(AnchorGrid.filling(maps.get(i).rows(), maps.get(i).columns(), shapes.get(i)));
            predictors.add(new Predictor(
                    branch("boxes" + (i + 1), inputs, anchors * Anchors.NUMBERS),
                    branch("classes" + (i + 1), inputs, anchors * (classes + 1))));
        }
        PostProcessing postProcessing = new PostProcessing(
                Anchors.of(grids), BoxCode.PUBLISHED, ScoreFunction.SIGMOID, true,
                Suppression.classWise(PUBLISHED_SCORE_THRESHOLD, PUBLISHED_OVERLAP));
        return classifier.withTop(new SsdLite(tapped.name(), last, extras, predictors, postProcessing));
    }

    private static Branch branch(String name, int inputs, int outputs) {
        return new Branch(
                Optional.of(Conv.depthwise(name + ".depthwise", inputs, 1, 1, Activation.RELU6)),
                Conv.pointwise(name + ".project", inputs, outputs, Activation.LINEAR));
    }

    private static void requireInputs(Predictor predictor, int channels) {
        for (Branch branch : List.of(predictor.boxes(), predictor.classes())) {
            if (branch.inputs() != channels) {
                throw new IllegalArgumentException(branch.project().name() + " takes " + branch.inputs()
                        + " channels, but is given " + channels);
            }
        }
    }

    private static void requireOne(Conv conv) {
        if (conv.kernel() != 1 || conv.stride() != 1 || conv.groups() != 1) {
            throw new IllegalArgumentException(conv + ", expected a 1x1 convolution of stride 1");
        }
    }

    /** Classes that are told apart, the background not counted. */
    @Override
    public int classes() {
        return predictions() - (postProcessing.background() ? 1 : 0);
    }

    /** Class predictions of an anchor, the background's among them if there is one. */
    public int predictions() {
        return predictors.getFirst().predictions();
    }

    /** Floats of all box predictions: four an anchor. */
    public int boxesLength() {
        return Math.multiplyExact(postProcessing.anchors().count(), Anchors.NUMBERS);
    }

    /** Floats of all class predictions. */
    public int classesLength() {
        return Math.multiplyExact(postProcessing.anchors().count(), predictions());
    }

    @Override
    public Set<String> taps() {
        return Set.of(tap);
    }

    @Override
    public List<Conv> convolutions() {
        List<Conv> all = new ArrayList<>(predictors.getFirst().convolutions());
        all.add(last);
        all.addAll(predictors.get(1).convolutions());
        for (int i = 0; i < extras.size(); i++) {
            all.addAll(extras.get(i).convolutions());
            all.addAll(predictors.get(BEFORE_EXTRAS + i).convolutions());
        }
        return all;
    }

    @Override
    public List<Conv> weighted(int channels) {
        return convolutions();
    }

    @Override
    public int features(int channels) {
        return last.outputs();
    }

    @Override
    public void requireInput(List<Conv> backbone, int height, int width) {
        Conv tapped = backbone.stream()
                .filter(conv -> conv.name().equals(tap))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no layer named " + tap + ", on whose map to predict"));
        requireInputs(predictors.getFirst(), tapped.outputs());
        int channels = backbone.getLast().outputs();
        if (last.inputs() != channels) {
            throw new IllegalArgumentException(
                    last.name() + " takes " + last.inputs() + " channels, but is given " + channels);
        }
        long expected = 0;
        List<MapSize> maps = maps(backbone, new MapSize(height, width), tap, extras);
        for (int i = 0; i < maps.size(); i++) {
            expected += (long) maps.get(i).rows() * maps.get(i).columns() * predictors.get(i).anchors();
        }
        if (expected != postProcessing.anchors().count()) {
            throw new IllegalArgumentException(postProcessing.anchors() + " for maps of " + expected);
        }
    }

    /**
     * The sizes of the maps that are predicted on.
     *
     * @param backbone its convolutions in execution order
     * @param picture the input's size
     * @param tap the layer whose map is the first
     * @param extras the blocks behind the backbone
     * @return the finest first
     */
    public static List<MapSize> maps(List<Conv> backbone, MapSize picture, String tap, List<InvertedResidual> extras) {
        List<MapSize> maps = new ArrayList<>();
        MapSize size = picture;
        for (Conv conv : backbone) {
            size = size.behind(conv);
            if (conv.name().equals(tap)) {
                maps.add(size);
            }
        }
        maps.add(size);
        for (InvertedResidual extra : extras) {
            size = size.behind(extra.depthwise());
            maps.add(size);
        }
        return maps;
    }

    @Override
    public long parameters(int channels) {
        return convolutions().stream().mapToLong(Conv::parameters).sum();
    }

    @Override
    public long macs(List<Conv> backbone, int height, int width) {
        List<MapSize> maps = maps(backbone, new MapSize(height, width), tap, extras);
        long sum = last.macs(maps.get(1).rows(), maps.get(1).columns());
        for (int i = 0; i < maps.size(); i++) {
            MapSize map = maps.get(i);
            sum += predictors.get(i).convolutions().stream().mapToLong(conv -> conv.macs(map.rows(), map.columns())).sum();
        }
        for (int i = 0; i < extras.size(); i++) {
            MapSize before = maps.get(1 + i);
            MapSize behind = maps.get(BEFORE_EXTRAS + i);
            InvertedResidual extra = extras.get(i);
            sum += extra.expand().map(conv -> conv.macs(before.rows(), before.columns())).orElse(0L)
                    + extra.depthwise().macs(before.rows(), before.columns())
                    + extra.project().macs(behind.rows(), behind.columns());
        }
        return sum;
    }

    /**
     * What predicts one thing of a map.
     *
     * @param depthwise the 3x3 depthwise convolution, of stride 1; empty where a map has no room for it
     * @param project the 1x1 convolution, which is linear
     */
    public record Branch(Optional<Conv> depthwise, Conv project) {

        /** Checks that the two fit. */
        public Branch {
            requireOne(project);
            if (project.activation() != Activation.LINEAR) {
                throw new IllegalArgumentException(project.name() + ": " + project.activation() + ", expected LINEAR");
            }
            if (depthwise.isPresent()) {
                Conv conv = depthwise.get();
                if (!conv.isDepthwise() || conv.stride() != 1 || conv.outputs() != project.inputs()) {
                    throw new IllegalArgumentException(conv + ", expected a depthwise convolution of stride 1 and "
                            + project.inputs() + " channels");
                }
            }
        }

        int inputs() {
            return project.inputs();
        }

        /** The convolutions in execution order. */
        public List<Conv> convolutions() {
            List<Conv> all = new ArrayList<>(depthwise.stream().toList());
            all.add(project);
            return all;
        }
    }

    /**
     * What predicts boxes and classes of a map.
     *
     * @param boxes four numbers an anchor: middle y and x, height, width; see {@link dev.spindle.detection.BoxCode}
     * @param classes one number a class and anchor, the background's first if there is one
     */
    public record Predictor(Branch boxes, Branch classes) {

        /** Checks that both are of as many anchors. */
        public Predictor {
            int numbers = boxes.project().outputs();
            if (numbers % Anchors.NUMBERS != 0) {
                throw new IllegalArgumentException(boxes.project().name() + ": " + numbers + " outputs, expected "
                        + Anchors.NUMBERS + " an anchor");
            }
            if (classes.project().outputs() % (numbers / Anchors.NUMBERS) != 0) {
                throw new IllegalArgumentException(classes.project().name() + ": " + classes.project().outputs()
                        + " outputs, expected as many for each of " + numbers / Anchors.NUMBERS + " anchors");
            }
        }

        /** Anchors of a pixel. */
        public int anchors() {
            return boxes.project().outputs() / Anchors.NUMBERS;
        }

        int predictions() {
            return classes.project().outputs() / anchors();
        }

        List<Conv> convolutions() {
            List<Conv> all = new ArrayList<>(boxes.convolutions());
            all.addAll(classes.convolutions());
            return all;
        }
    }
}
