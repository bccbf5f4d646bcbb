package dev.spindle.weights;

import dev.spindle.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Networks as their sources name and shape their tensors, with seeded values. */
final class TorchTensors {

    /** Whose names. */
    enum Naming {
        TORCHVISION,
        D_LI14,
        TIMM
    }

    /**
     * What a network is made of.
     *
     * @param stem its channels
     * @param channels of each stage
     * @param repeats of each stage
     * @param expansion of all stages but the first, which has none
     * @param head its channels
     * @param classes the classifier's outputs
     */
    record Shape(int stem, List<Integer> channels, List<Integer> repeats, int expansion, int head, int classes) {

        /** Few channels, so that files are small. */
        static Shape small(List<Integer> repeats) {
            return new Shape(4, List.of(2, 3, 4, 5, 6, 7, 8), repeats, 2, 6, 3);
        }

        /** Width 1.0. */
        static Shape full() {
            return new Shape(32, List.of(16, 24, 32, 64, 96, 160, 320), PAPER, 6, 1280, 1000);
        }
    }

    static final List<Integer> PAPER = List.of(1, 2, 3, 4, 3, 3, 1);

    private final Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
    private final Random random = new Random(5);
    private final Naming naming;

    private TorchTensors(Naming naming) {
        this.naming = naming;
    }

    static Map<String, Safetensors.Tensor> of(Naming naming, Shape shape) {
        return new TorchTensors(naming).network(shape);
    }

    /** Channels of the further blocks' maps. */
    static final List<Integer> EXTRAS = List.of(6, 5, 4, 3);

    static final int ANCHORS_A_CELL = 6;

    /** A detector as qfgaohao's program names it; the shape's classes are those of the detector, the background included. */
    static Map<String, Safetensors.Tensor> detector(Shape shape) {
        TorchTensors made = new TorchTensors(Naming.D_LI14);
        Map<String, Safetensors.Tensor> backbone = new LinkedHashMap<>(made.network(shape));
        made.tensors.clear();
        int last = shape.repeats.stream().mapToInt(Integer::intValue).sum() + 1;
        backbone.forEach((name, tensor) -> {
            if (name.startsWith("features.")) {
                made.tensors.put("base_net." + name.substring("features.".length()), tensor);
            } else if (name.startsWith("conv.")) {
                made.tensors.put("base_net." + last + name.substring("conv".length()), tensor);
            }
        });
        List<Integer> channels = new ArrayList<>(List.of(shape.expansion * shape.channels.get(4), shape.head));
        for (int i = 0; i < EXTRAS.size(); i++) {
            made.block("extras." + i + ".conv.", true, channels.getLast(), EXTRAS.get(i) / 2 + 1, EXTRAS.get(i));
            channels.add(EXTRAS.get(i));
        }
        for (int i = 0; i < channels.size(); i++) {
            boolean coarsest = i == channels.size() - 1;
            made.predictor("regression_headers." + i, channels.get(i), 4 * ANCHORS_A_CELL, coarsest);
            made.predictor("classification_headers." + i, channels.get(i), shape.classes * ANCHORS_A_CELL, coarsest);
        }
        return made.tensors;
    }

    private void predictor(String module, int channels, int outputs, boolean coarsest) {
        String project = coarsest ? module : module + ".3";
        if (!coarsest) {
            normalised(module + ".0", module + ".1", channels, 1, 3);
            put(module + ".0.bias", 0, 0.1, channels);
        }
        put(project + ".weight", 0, Math.sqrt(1.0 / channels), outputs, channels, 1, 1);
        put(project + ".bias", 0, 0.1, outputs);
    }

    /** What is made of tensors that some file has. */
    static Checkpoint read(Path file, Map<String, Safetensors.Tensor> tensors) {
        Map<String, MapSource.Array> arrays = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> arrays.put(name, new Array(tensor)));
        return TorchModel.read(
                "test", new MapSource(file, arrays), SafetensorsMetadata.none(file), List.of(), List.of());
    }

    private record Array(Safetensors.Tensor tensor) implements MapSource.Array {

        @Override
        public String type() {
            return tensor.type().name();
        }

        @Override
        public List<Integer> shape() {
            return tensor.shape();
        }

        @Override
        public float[] floats() {
            return tensor.floats();
        }
    }

    private Map<String, Safetensors.Tensor> network(Shape shape) {
        boolean timm = naming == Naming.TIMM;
        normalised(timm ? "conv_stem" : "features.0.0", timm ? "bn1" : "features.0.1", shape.stem, 3, 3);
        int inputs = shape.stem;
        int number = 0;
        for (int stage = 0; stage < shape.channels.size(); stage++) {
            for (int repeat = 0; repeat < shape.repeats.get(stage); repeat++) {
                number++;
                int outputs = shape.channels.get(stage);
                int hidden = stage == 0 ? inputs : shape.expansion * inputs;
                block(timm ? "blocks." + stage + "." + repeat + "." : "features." + number + ".conv.", stage > 0, inputs, hidden,
                        outputs);
                inputs = outputs;
            }
        }
        String head = "features." + (number + 1) + ".";
        switch (naming) {
            case TORCHVISION -> normalised(head + "0", head + "1", shape.head, inputs, 1);
            case D_LI14 -> normalised("conv.0", "conv.1", shape.head, inputs, 1);
            default -> normalised("conv_head", "bn2", shape.head, inputs, 1);
        }
        String classifier = naming == Naming.TORCHVISION ? "classifier.1" : "classifier";
        put(classifier + ".weight", 0, Math.sqrt(1.0 / shape.head), shape.classes, shape.head);
        put(classifier + ".bias", 0, 0.1, shape.classes);
        return tensors;
    }

    private void block(String block, boolean expands, int inputs, int hidden, int outputs) {
        int next = 0;
        if (expands) {
            normalised(block, "pw", next++, hidden, inputs, 1);
        }
        normalised(block, "dw", next++, hidden, 1, 3);
        normalised(block, expands ? "pwl" : "pw", next, outputs, hidden, 1);
    }

    private void normalised(String block, String role, int index, int outputs, int inputs, int kernel) {
        boolean project = kernel == 1 && index > 0;
        switch (naming) {
            case TIMM -> normalised(block + "conv_" + role, block + "bn" + (index + 1), outputs, inputs, kernel);
            case D_LI14 -> normalised(block + 3 * index, block + (3 * index + 1), outputs, inputs, kernel);
            default -> normalised(
                    block + index + (project ? "" : ".0"),
                    project ? block + (index + 1) : block + index + ".1",
                    outputs,
                    inputs,
                    kernel);
        }
    }

    private void normalised(String conv, String norm, int outputs, int inputs, int kernel) {
        put(conv + ".weight", 0, Math.sqrt(2.0 / (inputs * kernel * kernel)), outputs, inputs, kernel, kernel);
        put(norm + ".weight", 1, 0.1, outputs);
        put(norm + ".bias", 0, 0.1, outputs);
        put(norm + ".running_mean", 0, 0.1, outputs);
        put(norm + ".running_var", 1, 0.1, outputs);
    }

    private void put(String name, double mean, double deviation, int... shape) {
        int size = 1;
        for (int side : shape) {
            size *= side;
        }
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (mean + Math.clamp(random.nextGaussian(), -4, 4) * deviation);
        }
        tensors.put(name, Safetensors.Tensor.of(values, shape));
    }
}
