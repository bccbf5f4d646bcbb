package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.detection.AnchorGrid;
import dev.spindle.detection.AnchorShape;
import dev.spindle.detection.Anchors;
import dev.spindle.detection.BoxCode;
import dev.spindle.detection.PostProcessing;
import dev.spindle.detection.ScoreFunction;
import dev.spindle.detection.Suppression;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.MapSize;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the layers that {@link TorchNames} located: channel counts from shapes, weights as PyTorch lays them out. */
final class TorchLayers {

    private static final List<String> NORM_TENSORS = List.of(".weight", ".bias", ".running_mean", ".running_var");

    /** What a cell of each map of a detector is to its input of 300 pixels, which is not quite the map's share. */
    private static final double[] STEPS = {16 / 300.0, 32 / 300.0, 64 / 300.0, 100 / 300.0, 150 / 300.0, 1};

    private static final double LEAST_SCORE = 0.01;
    private static final double MOST_OVERLAP = 0.45;

    private final TensorSource source;
    private final SourceProfile profile;
    private final Set<String> unread;

    private TorchLayers(TensorSource source, SourceProfile profile) {
        this.source = source;
        this.profile = profile;
        this.unread = new HashSet<>(source.names());
    }

    /**
     * Reads all layers.
     *
     * @param source the arrays
     * @param names where the layers are
     * @param profile what the file cannot say
     * @throws InvalidInputException where a tensor is missing, is one too many or has the wrong shape
     */
    static LayerStack read(TensorSource source, TorchNames names, SourceProfile profile) {
        return new TorchLayers(source, profile).stack(names);
    }

    private LayerStack stack(TorchNames names) {
        Layer stem = full(names.stem(), 3, 2, profile.activation());
        List<LayerStack.Block> blocks = new ArrayList<>();
        for (TorchNames.Block block : names.blocks()) {
            blocks.add(block(block));
        }
        Layer head = full(names.head(), 1, 1, profile.activation());
        if (names.detector().isPresent()) {
            LayerStack.Detector detector = detector(names.detector().get(), blocks, head);
            requireAllRead(names.profile().name());
            return new LayerStack(stem, blocks, detector);
        }
        String weight = names.classifier() + ".weight";
        List<Integer> shape = source.requireShape(weight);
        int features = head.conv().outputs();
        if (shape.size() != 2 || shape.get(1) != features) {
            throw wrongShape(weight, "[classes, " + features + "]", shape);
        }
        int classes = shape.getFirst();
        LayerWeights classifier =
                LayerWeights.biased(floats(weight, shape), floats(names.classifier() + ".bias", List.of(classes)));
        requireAllRead(names.profile().name());
        return new LayerStack(stem, blocks, Optional.of(head), classifier, classes);
    }

    private LayerStack.Detector detector(TorchNames.Detector names, List<LayerStack.Block> blocks, Layer head) {
        Layer tapped = blocks.reversed().stream()
                .filter(block -> block.depthwise().conv().stride() == 2 && block.expand().isPresent())
                .findFirst()
                .flatMap(LayerStack.Block::expand)
                .orElseThrow(() -> InvalidInputException.of(
                        source.file(), "blocks", "one that expands and steps, on whose map to predict", "none"));
        List<LayerStack.Block> extras = names.extras().stream().map(this::block).toList();
        if (names.boxes().size() != names.classes().size()) {
            throw InvalidInputException.of(
                    source.file(), "modules regression_headers", String.valueOf(names.classes().size()),
                    String.valueOf(names.boxes().size()));
        }
        List<LayerStack.Predictor> predictors = new ArrayList<>();
        for (int i = 0; i < names.boxes().size(); i++) {
            predictors.add(new LayerStack.Predictor(
                    rowFirst(branch(names.boxes().get(i))), branch(names.classes().get(i))));
        }
        return new LayerStack.Detector(
                tapped.conv().name(), head, extras, predictors, true, TorchLayers::postProcessing);
    }

    private LayerStack.Branch branch(TorchNames.Branch names) {
        String weight = names.project() + ".weight";
        List<Integer> shape = kernelShape(weight, 1, "inputs");
        Conv conv = Conv.pointwise(names.project(), shape.get(1), shape.getFirst(), Activation.LINEAR);
        LayerWeights weights = LayerWeights.biased(
                floats(weight, shape), floats(names.project() + ".bias", List.of(shape.getFirst())));
        return new LayerStack.Branch(names.depthwise().map(module -> depthwise(module, 1)), new Layer(conv, weights));
    }

    /** Boxes are predicted as x, y, width, height here, and as y, x, height, width everywhere else. */
    private LayerStack.Branch rowFirst(LayerStack.Branch branch) {
        Layer project = branch.project();
        int outputs = project.conv().outputs();
        if (outputs % Anchors.NUMBERS != 0) {
            throw wrongShape(
                    project.conv().name() + ".weight", "[4 an anchor, inputs, 1, 1]",
                    List.of(outputs, project.conv().inputs(), 1, 1));
        }
        float[] kernel = project.weights().kernel();
        float[] bias = project.weights().bias().orElseThrow();
        float[] kernelByRow = new float[kernel.length];
        float[] biasByRow = new float[bias.length];
        int row = kernel.length / outputs;
        for (int output = 0; output < outputs; output++) {
            int from = output ^ 1; // the other one of x and y, or of width and height
            System.arraycopy(kernel, from * row, kernelByRow, output * row, row);
            biasByRow[output] = bias[from];
        }
        return new LayerStack.Branch(
                branch.depthwise(), new Layer(project.conv(), LayerWeights.biased(kernelByRow, biasByRow)));
    }

    /** What the published program does behind the layers, with the values of its configuration. */
    private static PostProcessing postProcessing(List<MapSize> maps) {
        List<List<AnchorShape>> shapes = AnchorShape.torch(maps.size());
        List<AnchorGrid> grids = new ArrayList<>();
        for (int i = 0; i < maps.size(); i++) {
            MapSize map = maps.get(i);
            double step = i < STEPS.length ? STEPS[i] : 1.0 / map.rows();
            grids.add(new AnchorGrid(map.rows(), map.columns(), step, step, shapes.get(i)));
        }
        return new PostProcessing(
                Anchors.of(grids).clamped(), BoxCode.PUBLISHED, ScoreFunction.SOFTMAX, true,
                Suppression.classWise(LEAST_SCORE, MOST_OVERLAP));
    }

    private LayerStack.Block block(TorchNames.Block block) {
        Optional<Layer> expand = block.expand().map(names -> full(names, 1, 1, profile.activation()));
        Layer depthwise = depthwise(block.depthwise(), block.stride());
        Layer project = full(block.project(), 1, 1, Activation.LINEAR);
        int inputs = expand.orElse(depthwise).conv().inputs();
        boolean residual = block.stride() == 1 && inputs == project.conv().outputs();
        return new LayerStack.Block(expand, depthwise, project, residual);
    }

    private Layer full(TorchNames.Normalised names, int kernel, int stride, Activation activation) {
        String weight = names.conv() + ".weight";
        List<Integer> shape = kernelShape(weight, kernel, "inputs");
        int outputs = shape.getFirst();
        Conv conv = Conv.full(names.conv(), shape.get(1), outputs, kernel, stride, activation);
        return new Layer(conv, weights(names, shape));
    }

    private Layer depthwise(TorchNames.Normalised names, int stride) {
        String weight = names.conv() + ".weight";
        List<Integer> shape = kernelShape(weight, 3, "1");
        if (shape.get(1) != 1) {
            throw wrongShape(weight, "[channels, 1, 3, 3]", shape);
        }
        Conv conv = Conv.depthwise(names.conv(), shape.getFirst(), stride, 1, profile.activation());
        return new Layer(conv, weights(names, shape));
    }

    private List<Integer> kernelShape(String name, int kernel, String inputs) {
        List<Integer> shape = source.requireShape(name);
        if (shape.size() != 4 || shape.contains(0) || shape.get(2) != kernel || shape.get(3) != kernel) {
            throw wrongShape(name, "[outputs, " + inputs + ", " + kernel + ", " + kernel + "]", shape);
        }
        return shape;
    }

    /** A convolution has batch normalisation, or a bias into which it is folded, or both. */
    private LayerWeights weights(TorchNames.Normalised names, List<Integer> shape) {
        List<Integer> channels = List.of(shape.getFirst());
        float[] kernel = floats(names.conv() + ".weight", shape);
        String bias = names.conv() + ".bias";
        Optional<float[]> shift =
                source.names().contains(bias) ? Optional.of(floats(bias, channels)) : Optional.empty();
        boolean folded = NORM_TENSORS.stream().noneMatch(tensor -> source.names().contains(names.norm() + tensor));
        if (folded && shift.isPresent()) {
            return new LayerWeights(kernel, shift, Optional.empty());
        }
        unread.remove(names.norm() + ".num_batches_tracked");
        BatchNorm norm = new BatchNorm(
                floats(names.norm() + ".weight", channels),
                floats(names.norm() + ".bias", channels),
                floats(names.norm() + ".running_mean", channels),
                floats(names.norm() + ".running_var", channels),
                profile.epsilon());
        return new LayerWeights(kernel, shift, Optional.of(norm));
    }

    private float[] floats(String name, List<Integer> shape) {
        unread.remove(name);
        return source.requireFloats(name, shape);
    }

    /** A tensor that no layer of MobileNetV2 has belongs to another network, whose other names may be the same. */
    private void requireAllRead(String scheme) {
        for (String name : source.names()) {
            if (unread.contains(name)) {
                throw InvalidInputException.of(
                        source.file(),
                        "tensor " + ModelFile.printable(name),
                        "only the layers of MobileNetV2 as " + scheme + " names them",
                        "a tensor of none of them");
            }
        }
    }

    private InvalidInputException wrongShape(String name, String expected, List<Integer> found) {
        return InvalidInputException.of(source.file(), "tensor " + name, "shape " + expected, found.toString());
    }
}
