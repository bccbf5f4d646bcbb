package dev.spindle.weights;

import com.google.flatbuffers.FlatBufferBuilder;
import com.google.flatbuffers.FlexBuffersBuilder;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** Writes small TensorFlow Lite files: a classifier of two blocks on 8x8 pixels, which tests then change. */
final class TfliteFile {

    /** A tensor; {@code data} is null where it is computed. */
    static final class Tensor {
        final String name;
        int type;
        int[] shape;
        byte[] data;
        float[] scales = {};
        long[] zeroPoints = {};
        int axis;

        Tensor(String name, int type, int[] shape, byte[] data) {
            this.name = name;
            this.type = type;
            this.shape = shape;
            this.data = data;
        }
    }

    /** An operator; options are written as integers, of which a reader of bytes sees the lowest. */
    static final class Operator {
        int code;
        int optionsType;
        int[] options;
        int[] inputs;
        int[] outputs;
        String custom = "";
        byte[] customOptions = {};

        Operator(int code, int optionsType, int[] options, int[] inputs, int[] outputs) {
            this.code = code;
            this.optionsType = optionsType;
            this.options = options;
            this.inputs = inputs;
            this.outputs = outputs;
        }
    }

    static final int SAME = 0;
    static final int VALID = 1;
    static final int LINEAR = 0;
    static final int RELU = 1;
    static final int RELU6 = 3;
    static final int SIDE = 8;
    static final int CLASSES = 3;

    /** Operators whose result has the scale of their input. */
    private static final Set<Integer> KEEPING = Set.of(
            TfliteOperator.AVERAGE_POOL_2D, TfliteOperator.RESIZE_BILINEAR, TfliteOperator.SPACE_TO_BATCH_ND,
            TfliteOperator.BATCH_TO_SPACE_ND);

    final List<Tensor> tensors = new ArrayList<>();
    final List<Operator> operators = new ArrayList<>();
    int input;
    int output;
    /** The outputs where they are not one. */
    int[] outputs = {};
    private final Random random = new Random(5);

    /**
     * A stem of 4 channels, a block without expansion and with a skip connection, a block with expansion and stride 2, a
     * head of 10 channels, 3 classes.
     *
     * @param zeros before and behind the map in explicit paddings of the layers of stride 2; none for SAME
     */
    static TfliteFile classifier(int... zeros) {
        TfliteFile file = new TfliteFile();
        file.input = file.computed("input", 1, SIDE, SIDE, 3);
        int stem = file.conv("stem", file.input, 3, 4, 2, RELU6, zeros);
        int depthwise = file.depthwise("block1.depthwise", stem, 4, 1, RELU6);
        int project = file.conv("block1.project", depthwise, 1, 4, 1, LINEAR);
        int sum = file.computed("block1.sum", 1, 4, 4, 4);
        file.operator(TfliteOperator.ADD, 11, new int[] {LINEAR}, sum, stem, project);
        int expand = file.conv("block2.expand", sum, 1, 8, 1, RELU6);
        depthwise = file.depthwise("block2.depthwise", expand, 8, 2, RELU6, zeros);
        project = file.conv("block2.project", depthwise, 1, 6, 1, LINEAR);
        int head = file.conv("head", project, 1, 10, 1, RELU6);
        int average = file.computed("average", 1, 10);
        file.operator(TfliteOperator.MEAN, 27, new int[] {0}, average, head, file.integers("axes", new int[] {2}, 1, 2));
        int logits = file.computed("logits", 1, CLASSES);
        file.operator(
                TfliteOperator.FULLY_CONNECTED, 8, new int[] {LINEAR}, logits, average,
                file.floats("classifier", CLASSES, 10), file.floats("classifier.bias", CLASSES));
        file.output = file.computed("probabilities", 1, CLASSES);
        file.operator(TfliteOperator.SOFTMAX, 9, new int[] {Float.floatToIntBits(1)}, file.output, logits);
        return file;
    }

    /** The anchors of the {@link #detector}. */
    static final int ANCHORS = 16 * 16 * 3 + (8 * 8 + 4 * 4 + 2 * 2) * 6;

    static final int DETECTED = 2;

    /**
     * A detector of two classes and the background on 32x32 pixels: a stem, a block with a skip connection, a block whose
     * expansion is predicted on, a last convolution, two further blocks. Predictions on the coarsest map have no depthwise
     * convolution.
     *
     * @param operator whether post-processing is in the file
     */
    static TfliteFile detector(boolean operator) {
        TfliteFile file = new TfliteFile();
        file.input = file.computed("input", 1, 32, 32, 3);
        int stem = file.conv("stem", file.input, 3, 8, 2, RELU6);
        int depthwise = file.depthwise("block1.depthwise", stem, 8, 1, RELU6);
        int project = file.conv("block1.project", depthwise, 1, 8, 1, LINEAR);
        int sum = file.computed("block1.sum", 1, 16, 16, 8);
        file.operator(TfliteOperator.ADD, 11, new int[] {LINEAR}, sum, stem, project);
        int expand = file.conv("block2.expand", sum, 1, 20, 1, RELU6);
        depthwise = file.depthwise("block2.depthwise", expand, 20, 2, RELU6);
        project = file.conv("block2.project", depthwise, 1, 12, 1, LINEAR);
        int last = file.conv("last", project, 1, 24, 1, RELU6);
        int extra = file.extra("extra1", last, 18);
        int coarsest = file.extra("extra2", extra, 10);
        int[] maps = {expand, last, extra, coarsest};
        int[] boxes = new int[maps.length];
        int[] classes = new int[maps.length];
        for (int i = 0; i < maps.length; i++) {
            int anchors = i == 0 ? 3 : 6;
            boxes[i] = file.predict("boxes" + (i + 1), maps[i], anchors, 4, i < 3);
            classes[i] = file.predict("classes" + (i + 1), maps[i], anchors, 1 + DETECTED, i < 3);
        }
        int allBoxes = file.computed("box_encodings", 1, ANCHORS, 4);
        file.operator(TfliteOperator.CONCATENATION, 10, new int[] {1, LINEAR}, allBoxes, boxes);
        int allClasses = file.computed("class_predictions", 1, ANCHORS, 1 + DETECTED);
        file.operator(TfliteOperator.CONCATENATION, 10, new int[] {1, LINEAR}, allClasses, classes);
        int scores = file.computed("scores", 1, ANCHORS, 1 + DETECTED);
        file.operator(TfliteOperator.LOGISTIC, 0, new int[0], scores, allClasses);
        file.outputs = new int[] {allBoxes, scores};
        if (operator) {
            int anchors = file.floats("anchors", ANCHORS, 4);
            Tensor tensor = file.tensors.get(anchors);
            ByteBuffer values = ByteBuffer.wrap(tensor.data).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 4 * ANCHORS; i++) {
                values.putFloat(Float.BYTES * i, 0.1f + file.random.nextFloat() / 2);
            }
            file.outputs = new int[] {
                file.computed("detections", 1, 10, 4), file.computed("detections:1", 1, 10),
                file.computed("detections:2", 1, 10), file.computed("detections:3", 1)
            };
            Operator last4 = new Operator(
                    TfliteOperator.CUSTOM, 0, new int[0], new int[] {allBoxes, scores, anchors}, file.outputs);
            last4.custom = "TFLite_Detection_PostProcess";
            last4.customOptions = options(Map.of());
            file.operators.add(last4);
        }
        return file;
    }

    /** The options of post-processing, with some changed or added. */
    static byte[] options(Map<String, Object> changes) {
        Map<String, Object> options = new TreeMap<>(Map.of(
                "max_detections", 10, "max_classes_per_detection", 2, "num_classes", DETECTED, "nms_score_threshold", 0.25f,
                "nms_iou_threshold", 0.5f, "y_scale", 8f, "x_scale", 9f, "h_scale", 4f, "w_scale", 5f));
        options.putAll(changes);
        FlexBuffersBuilder builder = new FlexBuffersBuilder();
        int start = builder.startMap();
        options.forEach((name, value) -> {
            switch (value) {
                case Float number -> builder.putFloat(name, number);
                case Integer number -> builder.putInt(name, number);
                case Boolean flag -> builder.putBoolean(name, flag);
                default -> builder.putString(name, value.toString());
            }
        });
        builder.endMap(null, start);
        ByteBuffer bytes = builder.finish();
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }

    private int extra(String name, int from, int channels) {
        int expand = conv(name + ".expand", from, 1, channels / 2, 1, RELU6);
        int depthwise = depthwise(name + ".depthwise", expand, channels / 2, 2, RELU6);
        return conv(name + ".project", depthwise, 1, channels, 1, RELU6);
    }

    private int predict(String name, int map, int anchors, int each, boolean filters) {
        int[] shape = tensors.get(map).shape;
        int filtered = filters ? depthwise(name + ".depthwise", map, shape[3], 1, RELU6) : map;
        int predicted = conv(name + ".project", filtered, 1, anchors * each, 1, LINEAR);
        int rows = computed(name + ".rows", 1, shape[1] * shape[2] * anchors, each);
        operator(TfliteOperator.RESHAPE, 0, new int[0], rows, predicted);
        return rows;
    }

    /** A network without expansions and skip connections, its pool and classifier as TensorFlow Slim has them. */
    static TfliteFile separable(Network network) {
        TfliteFile file = new TfliteFile();
        file.input = file.computed("input", 1, network.height(), network.width(), 3);
        int last = file.conv("stem", file.input, 3, network.stem().outputs(), 2, RELU6);
        for (InvertedResidual block : network.blocks()) {
            last = file.depthwise(block.depthwise().name(), last, block.hidden(), block.stride(), RELU6);
            last = file.conv(block.project().name(), last, 1, block.outputs(), 1, RELU6);
        }
        int[] map = file.tensors.get(last).shape;
        int average = file.computed("average", 1, 1, 1, map[3]);
        int[] window = {VALID, 2, 2, map[2], map[1], LINEAR};
        file.operator(TfliteOperator.AVERAGE_POOL_2D, 5, window, average, last);
        int logits = file.conv(Network.CLASSIFIER, average, 1, network.classes(), 1, LINEAR);
        int flat = file.computed("flat", 1, network.classes());
        file.operator(TfliteOperator.RESHAPE, 0, new int[0], flat, logits);
        file.output = file.computed("probabilities", 1, network.classes());
        file.operator(TfliteOperator.SOFTMAX, 9, new int[] {Float.floatToIntBits(1)}, file.output, flat);
        return file;
    }

    /**
     * A segmentation network of 24x24 pixels: a stem, three blocks of which the last has a dilation of 2, a DeepLab head whose
     * average comes first, 3 classes.
     *
     * @param cut whether the dilation is written as a plain convolution of grids
     */
    static TfliteFile segmentation(boolean cut) {
        TfliteFile file = new TfliteFile();
        file.input = file.computed("input", 1, 24, 24, 3);
        int stem = file.conv("stem", file.input, 3, 4, 2, RELU6);
        int depthwise = file.depthwise("block1.depthwise", stem, 4, 1, RELU6);
        int project = file.conv("block1.project", depthwise, 1, 4, 1, LINEAR);
        int expand = file.conv("block2.expand", project, 1, 8, 1, RELU6);
        depthwise = file.depthwise("block2.depthwise", expand, 8, 2, RELU6);
        project = file.conv("block2.project", depthwise, 1, 6, 1, LINEAR);
        expand = file.conv("block3.expand", project, 1, 12, 1, RELU6);
        depthwise = cut ? file.cutDepthwise(expand) : file.dilatedDepthwise(expand);
        int narrow = file.conv("block3.project", depthwise, 1, 6, 1, LINEAR);
        int sum = file.computed("block3.sum", 1, 6, 6, 6);
        file.operator(TfliteOperator.ADD, 11, new int[] {LINEAR}, sum, narrow, project);
        int average = file.computed("average", 1, 1, 1, 6);
        file.operator(TfliteOperator.AVERAGE_POOL_2D, 5, new int[] {VALID, 1, 1, 6, 6, LINEAR}, average, sum);
        int pooled = file.resized("pooled", file.conv("image_pooling", average, 1, 5, 1, RELU), 6);
        int aspp = file.conv("aspp", sum, 1, 7, 1, RELU);
        int joined = file.computed("joined", 1, 6, 6, 12);
        file.operator(TfliteOperator.CONCATENATION, 10, new int[] {3, LINEAR}, joined, pooled, aspp);
        int logits = file.conv("logits", file.conv("projection", joined, 1, 9, 1, RELU), 1, CLASSES, 1, LINEAR);
        int enlarged = file.resized("enlarged", logits, 24);
        file.output = file.add(new Tensor("classes", TfliteType.INT64.ordinal(), new int[] {1, 24, 24}, null));
        file.operator(
                TfliteOperator.ARG_MAX, 40, new int[] {TfliteType.INT64.ordinal()}, file.output, enlarged,
                file.integers("axis", new int[0], 3));
        return file;
    }

    private int resized(String name, int from, int side) {
        int result = computed(name, 1, side, side, tensors.get(from).shape[3]);
        operator(
                TfliteOperator.RESIZE_BILINEAR, 15, new int[] {0, 0, 1, 0}, result, from,
                integers(name + ".size", new int[] {2}, side, side));
        return result;
    }

    private int dilatedDepthwise(int from) {
        int result = computed("block3.depthwise.out", tensors.get(from).shape);
        operator(
                TfliteOperator.DEPTHWISE_CONV_2D, 2, new int[] {SAME, 1, 1, 1, RELU6, 2, 2}, result, from,
                floats("block3.depthwise", 1, 3, 3, 12), floats("block3.depthwise.bias", 12));
        return result;
    }

    private int cutDepthwise(int from) {
        int cut = computed("block3.cut", 4, 5, 5, 12);
        operator(
                TfliteOperator.SPACE_TO_BATCH_ND, 0, new int[0], cut, from, integers("block3.rate", new int[] {2}, 2, 2),
                integers("block3.zeros", new int[] {2, 2}, 2, 2, 2, 2));
        int convolved = computed("block3.convolved", 4, 3, 3, 12);
        operator(
                TfliteOperator.DEPTHWISE_CONV_2D, 2, new int[] {VALID, 1, 1, 1, RELU6}, convolved, cut,
                floats("block3.depthwise", 1, 3, 3, 12), floats("block3.depthwise.bias", 12));
        int result = computed("block3.depthwise.out", tensors.get(from).shape);
        operator(
                TfliteOperator.BATCH_TO_SPACE_ND, 0, new int[0], result, convolved, index("block3.rate"),
                integers("block3.crops", new int[] {2, 2}, 0, 0, 0, 0));
        return result;
    }

    /** The segmentation network with random bytes of one scale in place of floats. */
    static TfliteFile quantisedSegmentation(TfliteType type, boolean cut) {
        TfliteFile file = segmentation(cut);
        file.quantiseAll(type);
        for (Operator operator : file.operators) {
            if (KEEPING.contains(operator.code)) {
                Tensor from = file.tensors.get(operator.inputs[0]);
                Tensor to = file.tensors.get(operator.outputs[0]);
                to.scales = from.scales;
                to.zeroPoints = from.zeroPoints;
            }
        }
        return file;
    }

    /** The classifier with random bytes of one scale in place of floats. */
    static TfliteFile quantised(TfliteType type) {
        TfliteFile file = classifier();
        file.quantiseAll(type);
        Tensor probabilities = file.tensors.get(file.output);
        probabilities.scales = new float[] {1 / 256f};
        probabilities.zeroPoints = new long[] {type.smallest()};
        return file;
    }

    /** Puts bytes of one scale a tensor in place of all floats. */
    void quantiseAll(TfliteType type) {
        for (Tensor tensor : tensors) {
            if (tensor.type == TfliteType.FLOAT32.ordinal()) {
                quantise(tensor, type);
            }
        }
    }

    private void quantise(Tensor tensor, TfliteType type) {
        if (tensor.data == null) {
            tensor.type = type.ordinal();
            tensor.scales = new float[] {0.02f + random.nextFloat() / 50};
            tensor.zeroPoints = new long[] {type.smallest() + random.nextInt(100)};
        } else if (tensor.shape.length == 1) {
            tensor.type = TfliteType.INT32.ordinal();
            IntBuffer biases = ByteBuffer.wrap(tensor.data).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
            for (int i = 0; i < biases.limit(); i++) {
                biases.put(i, random.nextInt(2000) - 1000);
            }
        } else {
            tensor.type = type.ordinal();
            tensor.data = new byte[tensor.data.length / Float.BYTES];
            random.nextBytes(tensor.data);
            tensor.scales = new float[] {0.01f};
            tensor.zeroPoints = new long[] {type == TfliteType.INT8 ? 0 : 120};
        }
    }

    private int conv(String name, int from, int kernel, int outputs, int stride, int activation, int... zeros) {
        int inputs = tensors.get(from).shape[3];
        int[] out = stepped(tensors.get(from).shape, stride, outputs);
        int padded = pad(name, from, zeros);
        int result = computed(name + ".out", out);
        int[] options = {zeros.length == 0 ? SAME : VALID, stride, stride, activation};
        operator(
                TfliteOperator.CONV_2D, 1, options, result, padded, floats(name, outputs, kernel, kernel, inputs),
                floats(name + ".bias", outputs));
        return result;
    }

    private int depthwise(String name, int from, int channels, int stride, int activation, int... zeros) {
        int[] out = stepped(tensors.get(from).shape, stride, channels);
        int padded = pad(name, from, zeros);
        int result = computed(name + ".out", out);
        int[] options = {zeros.length == 0 ? SAME : VALID, stride, stride, 1, activation};
        operator(
                TfliteOperator.DEPTHWISE_CONV_2D, 2, options, result, padded, floats(name, 1, 3, 3, channels),
                floats(name + ".bias", channels));
        return result;
    }

    private static int[] stepped(int[] shape, int stride, int channels) {
        return new int[] {1, (shape[1] + stride - 1) / stride, (shape[2] + stride - 1) / stride, channels};
    }

    private int pad(String name, int from, int... zeros) {
        if (zeros.length == 0) {
            return from;
        }
        int[] shape = tensors.get(from).shape;
        int more = zeros[0] + zeros[1];
        int padded = computed(name + ".padded", 1, shape[1] + more, shape[2] + more, shape[3]);
        int paddings = integers(
                name + ".paddings", new int[] {4, 2}, 0, 0, zeros[0], zeros[1], zeros[0], zeros[1], 0, 0);
        operator(TfliteOperator.PAD, 22, new int[0], padded, from, paddings);
        return padded;
    }

    int computed(String name, int... shape) {
        return add(new Tensor(name, TfliteType.FLOAT32.ordinal(), shape, null));
    }

    private int floats(String name, int... shape) {
        int size = 1;
        for (int length : shape) {
            size *= length;
        }
        ByteBuffer data = ByteBuffer.allocate(Float.BYTES * size).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < size; i++) {
            data.putFloat((float) random.nextGaussian() / 2);
        }
        return add(new Tensor(name, TfliteType.FLOAT32.ordinal(), shape, data.array()));
    }

    private int integers(String name, int[] shape, int... values) {
        ByteBuffer data = ByteBuffer.allocate(Integer.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        data.asIntBuffer().put(values);
        return add(new Tensor(name, TfliteType.INT32.ordinal(), shape, data.array()));
    }

    int add(Tensor tensor) {
        tensors.add(tensor);
        return tensors.size() - 1;
    }

    void operator(int code, int optionsType, int[] options, int output, int... inputs) {
        operators.add(new Operator(code, optionsType, options, inputs, new int[] {output}));
    }

    /** The tensor of this name. */
    Tensor tensor(String name) {
        return tensors.get(index(name));
    }

    /** The index of the tensor of this name. */
    int index(String name) {
        for (int i = 0; i < tensors.size(); i++) {
            if (tensors.get(i).name.equals(name)) {
                return i;
            }
        }
        throw new IllegalArgumentException(name);
    }

    /** The operator that makes the tensor of this name. */
    Operator maker(String name) {
        int index = index(name);
        return operators.stream().filter(operator -> operator.outputs[0] == index).findFirst().orElseThrow();
    }

    /** The file's bytes. */
    ByteBuffer bytes() {
        FlatBufferBuilder builder = new FlatBufferBuilder();
        int[] buffers = new int[tensors.size() + 1];
        buffers[0] = table(builder, new Field[] {});
        int[] tensorTables = new int[tensors.size()];
        for (int i = 0; i < tensors.size(); i++) {
            Tensor tensor = tensors.get(i);
            buffers[i + 1] = tensor.data == null
                    ? table(builder, new Field[] {})
                    : table(builder, new Field[] {reference(builder.createByteVector(tensor.data))});
            Field quantisation = null;
            if (tensor.scales.length > 0) {
                Field scales = reference(floatVector(builder, tensor.scales));
                Field zeroPoints = reference(longVector(builder, tensor.zeroPoints));
                quantisation = reference(table(
                        builder, new Field[] {null, null, scales, zeroPoints, null, null, integer(tensor.axis)}));
            }
            Field shape = reference(intVector(builder, tensor.shape));
            Field name = reference(builder.createString(tensor.name));
            tensorTables[i] = table(
                    builder, new Field[] {shape, integer(tensor.type), integer(i + 1), name, quantisation});
        }
        int[] codes = new int[operators.size()];
        int[] operatorTables = new int[operators.size()];
        for (int i = 0; i < operators.size(); i++) {
            Operator operator = operators.get(i);
            Field custom = reference(builder.createString(operator.custom));
            codes[i] = table(builder, new Field[] {null, custom, null, integer(operator.code)});
            Field[] fields = new Field[operator.options.length];
            for (int f = 0; f < fields.length; f++) {
                fields[f] = integer(operator.options[f]);
            }
            Field options = reference(table(builder, fields));
            Field inputs = reference(intVector(builder, operator.inputs));
            Field outputs = reference(intVector(builder, operator.outputs));
            Field customOptions = reference(builder.createByteVector(operator.customOptions));
            operatorTables[i] = table(
                    builder,
                    new Field[] {integer(i), inputs, outputs, integer(operator.optionsType), options, customOptions});
        }
        Field graphTensors = reference(tableVector(builder, tensorTables));
        Field inputs = reference(intVector(builder, input));
        Field outputs = reference(intVector(builder, this.outputs.length == 0 ? new int[] {output} : this.outputs));
        Field graphOperators = reference(tableVector(builder, operatorTables));
        int graph = table(builder, new Field[] {graphTensors, inputs, outputs, graphOperators});
        Field operatorCodes = reference(tableVector(builder, codes));
        Field graphs = reference(tableVector(builder, new int[] {graph}));
        Field allBuffers = reference(tableVector(builder, buffers));
        int model = table(builder, new Field[] {integer(3), operatorCodes, graphs, null, allBuffers});
        builder.finish(model, TfliteModel.IDENTIFIER);
        return ByteBuffer.wrap(builder.sizedByteArray());
    }

    private record Field(int value, boolean isReference) {}

    private static Field reference(int offset) {
        return new Field(offset, true);
    }

    private static Field integer(int value) {
        return new Field(value, false);
    }

    private static int table(FlatBufferBuilder builder, Field[] fields) {
        builder.startTable(fields.length);
        for (int slot = 0; slot < fields.length; slot++) {
            if (fields[slot] != null && fields[slot].isReference) {
                builder.addOffset(slot, fields[slot].value, 0);
            } else if (fields[slot] != null) {
                builder.addInt(slot, fields[slot].value, Integer.MIN_VALUE);
            }
        }
        return builder.endTable();
    }

    private static int intVector(FlatBufferBuilder builder, int... values) {
        builder.startVector(Integer.BYTES, values.length, Integer.BYTES);
        for (int i = values.length - 1; i >= 0; i--) {
            builder.addInt(values[i]);
        }
        return builder.endVector();
    }

    private static int floatVector(FlatBufferBuilder builder, float[] values) {
        builder.startVector(Float.BYTES, values.length, Float.BYTES);
        for (int i = values.length - 1; i >= 0; i--) {
            builder.addFloat(values[i]);
        }
        return builder.endVector();
    }

    private static int longVector(FlatBufferBuilder builder, long[] values) {
        builder.startVector(Long.BYTES, values.length, Long.BYTES);
        for (int i = values.length - 1; i >= 0; i--) {
            builder.addLong(values[i]);
        }
        return builder.endVector();
    }

    private static int tableVector(FlatBufferBuilder builder, int[] tables) {
        return builder.createVectorOfTables(tables);
    }
}
