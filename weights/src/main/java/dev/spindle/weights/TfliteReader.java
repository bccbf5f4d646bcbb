package dev.spindle.weights;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.image.Preprocessing;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads MobileNet classifiers from TensorFlow Lite files: float, half precision, and 8-bit per tensor and per channel, which
 * are dequantised to fp32 and, where the graph allows, kept as integers, too. The network is read from the graph; batch
 * normalisation is folded in these files.
 */
final class TfliteReader {

    /**
     * How far a quantised input may lie from {@link Preprocessing#TF} and still be it: its zero point is an integer, and
     * [-1, 1] in 8 bits is 255 or 256 steps.
     */
    private static final double MEAN_ROUNDING = 0.5;
    private static final double LARGEST_STEP = 2.0 / 255;
    private static final double SMALLEST_STEP = 2.0 / 256;
    private static final double STEP_ROUNDING = 1e-3;

    private TfliteReader() {}

    static Checkpoint read(Path file, ByteBuffer content) {
        TfliteModel model = TfliteModel.read(file, content);
        boolean detects = TfliteDetector.isOne(model);
        GraphLayers.Result graph =
                detects ? TfliteDetector.find(model) : GraphLayers.find(TfliteGraph.translate(model).graph());
        List<Integer> input = model.tensors().get(model.input()).shape();
        LayerStack.Facts facts = new LayerStack.Facts(
                input.get(1),
                input.get(2),
                graph.padding(),
                preprocessing(model),
                labels(content, graph.layers().classes(), detects));
        Checkpoint checkpoint = graph.layers().checkpoint(
                file, facts, new Checkpoint.Source("TensorFlow Lite", "tensorflow", Double.NaN, notes(model), table(model)));
        TfliteIntegers.Result integers = TfliteIntegers.find(model, graph.layers(), checkpoint.network());
        if (integers.obstacle().isPresent()) {
            String note = "cannot run in integers: " + integers.obstacle().get();
            return checkpoint.withSource(checkpoint.source().withNote(note));
        }
        return integers.weights().map(checkpoint::withQuantised).orElse(checkpoint);
    }

    /** The labels in a file; of a detector, the background's may come first, which is left out. */
    private static List<String> labels(ByteBuffer content, int classes, boolean detects) {
        List<String> found = TfliteLabels.find(content, classes);
        if (!detects || !found.isEmpty()) {
            return found;
        }
        List<String> withBackground = TfliteLabels.find(content, classes + 1);
        return withBackground.isEmpty() ? withBackground : withBackground.subList(1, withBackground.size());
    }

    /** What makes pixels of 0 to 255 what the input's quantisation says they are; [-1, 1] for a float input. */
    private static Preprocessing preprocessing(TfliteModel model) {
        TfliteTensor input = model.tensors().get(model.input());
        if (input.type() == TfliteType.FLOAT32) {
            return Preprocessing.TF;
        }
        Optional<TfliteTensor.Quantisation> found = input.quantisation();
        if ((input.type() != TfliteType.UINT8 && input.type() != TfliteType.INT8)
                || found.isEmpty()
                || found.get().perChannel()) {
            throw InvalidInputException.of(
                    model.file(), input.place(), "an input of FLOAT32, or of UINT8 or INT8 with one scale",
                    input.type().toString());
        }
        // Pixel p is stored as p + smallest, which stands for scale * (p + smallest - zero point).
        float mean = found.get().zeroPoints()[0] - input.type().smallest();
        float scale = found.get().scales()[0];
        boolean tf = Math.abs(mean - Preprocessing.TF.mean()[0]) <= MEAN_ROUNDING
                && scale <= LARGEST_STEP * (1 + STEP_ROUNDING)
                && scale >= SMALLEST_STEP * (1 - STEP_ROUNDING);
        float[] means = new float[3];
        float[] scales = new float[3];
        Arrays.fill(means, mean);
        Arrays.fill(scales, scale);
        return new Preprocessing(
                tf ? Preprocessing.TF.name() : "quantised input",
                Preprocessing.TF.resizeRatio(),
                Preprocessing.TF.interpolation(),
                Preprocessing.TF.channelOrder(),
                means,
                scales);
    }

    private static List<String> notes(TfliteModel model) {
        List<String> notes = new ArrayList<>();
        if (!model.description().isBlank()) {
            notes.add("description: " + ModelFile.printable(model.description()));
        }
        Set<String> schemes = new TreeSet<>();
        for (TfliteTensor tensor : model.tensors()) {
            if (tensor.isConstant() && tensor.quantisation().isPresent()) {
                schemes.add(tensor.type() + (tensor.quantisation().get().perChannel() ? " per channel" : " per tensor"));
            }
        }
        TfliteDetector.note(model).filter(note -> TfliteDetector.isOne(model)).ifPresent(notes::add);
        if (!schemes.isEmpty()) {
            notes.add("quantised weights: " + String.join(", ", schemes));
        }
        return notes;
    }

    private static List<Checkpoint.Tensor> table(TfliteModel model) {
        List<Checkpoint.Tensor> table = new ArrayList<>();
        for (TfliteTensor tensor : model.tensors()) {
            if (tensor.isConstant()) {
                table.add(new Checkpoint.Tensor(tensor.name(), tensor.type().toString(), tensor.shape()));
            }
        }
        return table;
    }
}
