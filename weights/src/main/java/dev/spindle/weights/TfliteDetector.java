package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.detection.AnchorGrid;
import dev.spindle.detection.AnchorShape;
import dev.spindle.detection.Anchors;
import dev.spindle.detection.BoxCode;
import dev.spindle.detection.PostProcessing;
import dev.spindle.detection.ScoreFunction;
import dev.spindle.detection.Suppression;
import dev.spindle.network.MapSize;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Reads the end of a TensorFlow Lite detector, where predictions are joined and become scores, with the operator
 * {@code TFLite_Detection_PostProcess} behind that or without it. With it anchors and options are in the file; without it they
 * are those of TensorFlow's Object Detection API.
 */
final class TfliteDetector {

    private static final String POST_PROCESSING = "TFLite_Detection_PostProcess";

    /** Boxes, then classes. */
    private static final int RAW_OUTPUTS = 2;

    private static final int DEFAULT_BOXES_PER_CLASS = 100;

    /** What the published configurations have where a file says nothing. */
    private static final Suppression PUBLISHED = Suppression.classWise(1e-8, 0.6);

    private final TfliteModel model;
    private final Map<Integer, TfliteOperator> makers = new HashMap<>();
    /** Operators of the end, which are no layers. */
    private final Set<TfliteOperator> end = new HashSet<>();
    private Optional<ScoreFunction> scores = Optional.empty();

    private TfliteDetector(TfliteModel model) {
        this.model = model;
        for (TfliteOperator operator : model.operators()) {
            for (int output : operator.outputs()) {
                makers.put(output, operator);
            }
        }
    }

    /** Whether a graph ends in the operator, or gives boxes and classes. */
    static boolean isOne(TfliteModel model) {
        return model.outputs().length == RAW_OUTPUTS || postProcessing(model).isPresent();
    }

    private static Optional<TfliteOperator> postProcessing(TfliteModel model) {
        return model.operators().stream()
                .filter(operator -> operator.code() == TfliteOperator.CUSTOM && operator.customCode().equals(POST_PROCESSING))
                .findFirst();
    }

    /**
     * Finds the layers of a detector.
     *
     * @throws InvalidInputException where the graph is none, naming operator or tensor
     */
    static GraphLayers.Result find(TfliteModel model) {
        return new TfliteDetector(model).layers();
    }

    /** What {@code inspect} tells of a detector that does not say everything itself; empty where it does. */
    static Optional<String> note(TfliteModel model) {
        return postProcessing(model).isPresent()
                ? Optional.empty()
                : Optional.of("anchors, box code and suppression are not in the file: those of TensorFlow's Object Detection"
                        + " API are assumed");
    }

    private GraphLayers.Result layers() {
        Optional<TfliteOperator> operator = postProcessing(model);
        operator.ifPresent(end::add);
        int boxes = operator.map(found -> found.input(0)).orElse(model.outputs()[0]);
        int classes = operator.map(found -> found.input(1)).orElse(model.outputs()[1]);
        List<Integer> boxParts = parts(boxes, false);
        List<Integer> classParts = parts(classes, true);
        if (boxParts.size() != classParts.size()) {
            throw model.tensors().get(classes).wrong(
                    "class predictions of " + boxParts.size() + " maps, as there are of boxes",
                    "of " + classParts.size());
        }
        TfliteTensor joined = model.tensors().get(classes);
        int each = joined.shape().isEmpty() ? 0 : joined.shape().getLast();
        List<TfliteOperator> layers =
                model.operators().stream().filter(found -> !end.contains(found)).toList();
        TfliteGraph.Translation graph = TfliteGraph.translate(new TfliteModel(
                model.file(), model.description(), model.tensors(), layers, model.input(), new int[] {boxParts.getLast()}));
        return DetectionGraph.find(
                graph.graph(),
                new DetectionGraph.Predictions(
                        boxParts.stream().map(graph::value).toList(),
                        classParts.stream().map(graph::value).toList(),
                        operator.map(found -> hasBackground(found, each)).orElse(true),
                        maps -> operator.map(found -> given(found, each)).orElseGet(() -> assumed(maps))));
    }

    /** The predictions of single maps that a tensor is made of. */
    private List<Integer> parts(int tensor, boolean ofClasses) {
        int at = behindCopies(tensor);
        TfliteOperator maker = maker(at);
        if (ofClasses && (maker.code() == TfliteOperator.LOGISTIC || maker.code() == TfliteOperator.SOFTMAX)) {
            if (maker.code() == TfliteOperator.SOFTMAX) {
                maker.requirePlainSoftmax();
            }
            scores = Optional.of(
                    maker.code() == TfliteOperator.SOFTMAX ? ScoreFunction.SOFTMAX : ScoreFunction.SIGMOID);
            end.add(maker);
            at = behindCopies(maker.input(0));
            maker = maker(at);
        }
        if (maker.code() != TfliteOperator.CONCATENATION) {
            return List.of(at);
        }
        maker.requireJoinedRows();
        end.add(maker);
        return IntStream.range(0, maker.inputs().length).map(maker::input).map(this::behindCopies).boxed().toList();
    }

    private TfliteOperator maker(int tensor) {
        TfliteOperator maker = makers.get(tensor);
        if (maker == null) {
            throw model.tensors().get(tensor).wrong("predictions of a layer", "a tensor that none makes");
        }
        return maker;
    }

    /** The tensor that one has the values of, in another shape or in other numbers. */
    private int behindCopies(int tensor) {
        int at = tensor;
        while (makers.containsKey(at) && end.add(makers.get(at))) {
            switch (makers.get(at).code()) {
                case TfliteOperator.RESHAPE, TfliteOperator.SQUEEZE, TfliteOperator.QUANTIZE, TfliteOperator.DEQUANTIZE ->
                        at = makers.get(at).input(0);
                default -> {
                    end.remove(makers.get(at));
                    return at;
                }
            }
        }
        return at;
    }

    private boolean hasBackground(TfliteOperator operator, int each) {
        int classes = FlexOptions.of(operator).integer("num_classes");
        if (classes < 1 || each != classes && each - 1 != classes) {
            throw operator.wrong(
                    "num_classes " + (each - 1) + ", or " + each + " without a background, as are predicted",
                    String.valueOf(classes));
        }
        return each != classes;
    }

    /** What the operator does. */
    private PostProcessing given(TfliteOperator operator, int each) {
        FlexOptions options = FlexOptions.of(operator);
        if (scores.isEmpty()) {
            throw operator.wrong("LOGISTIC or SOFTMAX before it", "neither");
        }
        TfliteTensor anchors = model.tensors().get(operator.input(2));
        if (anchors.shape().size() != 2 || anchors.shape().get(1) != Anchors.NUMBERS) {
            throw anchors.wrong("anchors of shape [anchors, " + Anchors.NUMBERS + "]", anchors.shape().toString());
        }
        long predicted = model.tensors().get(operator.input(1)).shape().stream()
                .mapToLong(Integer::longValue)
                .reduce(1, (a, b) -> a * b) / each;
        if (anchors.shape().getFirst() != predicted) {
            throw anchors.wrong(predicted + " anchors, as many as predictions", String.valueOf(anchors.shape().getFirst()));
        }
        return new PostProcessing(
                valid(anchors.place(), () -> Anchors.of(anchors.floats())),
                valid(operator.place(), () -> new BoxCode(
                        (float) options.number("y_scale"),
                        (float) options.number("x_scale"),
                        (float) options.number("h_scale"),
                        (float) options.number("w_scale"))),
                scores.get(),
                hasBackground(operator, each),
                valid(operator.place(), () -> new Suppression(
                        options.number("nms_score_threshold"),
                        options.number("nms_iou_threshold"),
                        options.has("use_regular_nms") && options.number("use_regular_nms") != 0,
                        options.integer("max_classes_per_detection"),
                        options.has("detections_per_class")
                                ? options.integer("detections_per_class")
                                : DEFAULT_BOXES_PER_CLASS,
                        options.integer("max_detections"))));
    }

    private <T> T valid(String place, Supplier<T> part) {
        try {
            return part.get();
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException(model.file() + ": " + place + ": " + e.getMessage(), e);
        }
    }

    private PostProcessing assumed(List<MapSize> maps) {
        List<Integer> input = model.tensors().get(model.input()).shape();
        List<List<AnchorShape>> shapes = AnchorShape.tensorFlow(maps.size(), input.get(1), input.get(2));
        List<AnchorGrid> grids = new ArrayList<>();
        for (int i = 0; i < maps.size(); i++) {
            grids.add(AnchorGrid.filling(maps.get(i).rows(), maps.get(i).columns(), shapes.get(i)));
        }
        return new PostProcessing(
                Anchors.of(grids), BoxCode.PUBLISHED, scores.orElse(ScoreFunction.SIGMOID), true, PUBLISHED);
    }
}
