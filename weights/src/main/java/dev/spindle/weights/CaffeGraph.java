package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.Padding;
import dev.spindle.weights.schema.Caffe.BatchNormParameter;
import dev.spindle.weights.schema.Caffe.BlobProto;
import dev.spindle.weights.schema.Caffe.ConvolutionParameter;
import dev.spindle.weights.schema.Caffe.EltwiseParameter;
import dev.spindle.weights.schema.Caffe.InnerProductParameter;
import dev.spindle.weights.schema.Caffe.LayerParameter;
import dev.spindle.weights.schema.Caffe.PoolingParameter;
import dev.spindle.weights.schema.Caffe.ScaleParameter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Translates a Caffe network: layers run in the order in which they stand, and one that writes the blob that it reads
 * makes a new value under an old name. Weights belong to the layer of the same name, as Caffe itself finds them.
 */
final class CaffeGraph {

    private final CaffeNet net;
    private final CaffeNet weights;
    private final Map<String, List<BlobProto>> blobs = new HashMap<>();
    private final Copies copies;
    private final List<Graph.Node> nodes = new ArrayList<>();
    /** What each blob holds at the time: the name of a value, which no two values share. */
    private final Map<String, String> values = new HashMap<>();
    private final Set<String> used = new HashSet<>();

    private CaffeGraph(CaffeNet net, CaffeNet weights) {
        this.net = net;
        this.weights = weights;
        this.copies = new Copies(net.file());
        for (LayerParameter layer : weights.layers()) {
            if (layer.getBlobsCount() > 0 && blobs.putIfAbsent(layer.getName(), layer.getBlobsList()) != null) {
                throw InvalidInputException.of(
                        weights.file(), place(layer), "the only layer of this name that has weights", "another");
            }
        }
    }

    /**
     * Translates a network.
     *
     * @param net the structure
     * @param weights the layers with their arrays
     * @throws InvalidInputException where a layer is not one of a MobileNet classifier, or its weights are missing
     */
    static Graph translate(CaffeNet net, CaffeNet weights) {
        return new CaffeGraph(net, weights).graph();
    }

    private Graph graph() {
        Graph.Input input = net.input();
        String output = define(input.value());
        Set<String> names = new HashSet<>();
        for (LayerParameter layer : net.layers()) {
            require(layer, names.add(layer.getName()), "a name of its own", "that of a layer before it");
            if (!layer.getType().equals("Input")) {
                output = translate(layer);
            }
        }
        return new Graph(net.file(), input, output, nodes, copies, Padding.SYMMETRIC);
    }

    private String translate(LayerParameter layer) {
        return switch (layer.getType()) {
            case "Convolution", "DepthwiseConvolution", "ConvolutionDepthwise" -> add(layer, convolution(layer));
            case "InnerProduct" -> add(layer, dense(layer));
            case "BatchNorm" -> add(layer, batchNorm(layer));
            case "Scale" -> add(layer, scale(layer));
            case "ReLU" -> {
                float slope = layer.getReluParam().getNegativeSlope();
                require(layer, slope == 0, "a negative slope of 0", slope);
                yield add(layer, Operation.Clamp.RELU);
            }
            case "ReLU6" -> add(layer, Operation.Clamp.RELU6);
            case "Clip" -> add(layer, new Operation.Clamp(layer.getClipParam().getMin(), layer.getClipParam().getMax()));
            case "Eltwise" -> sum(layer);
            case "Pooling" -> add(layer, pool(layer));
            case "Flatten", "Reshape" -> add(layer, new Operation.Reshape());
            case "Softmax" -> {
                int axis = layer.getSoftmaxParam().getAxis();
                require(layer, axis == 1, "a softmax over axis 1", axis);
                yield add(layer, new Operation.Softmax());
            }
            case "Dropout" -> {
                String source = read(layer, 0, 1);
                String copy = make(layer);
                copies.add(copy, source);
                yield copy;
            }
            default -> throw wrong(layer, "a layer of a MobileNet classifier", ModelFile.printable(layer.getType()));
        };
    }

    private String add(LayerParameter layer, Operation operation) {
        String input = read(layer, 0, 1);
        String output = make(layer);
        nodes.add(new Graph.Node(place(layer), operation, List.of(input), output));
        return output;
    }

    private String sum(LayerParameter layer) {
        EltwiseParameter parameters = layer.getEltwiseParam();
        boolean plain = parameters.getOperation() == EltwiseParameter.EltwiseOp.SUM
                && parameters.getCoeffList().stream().allMatch(factor -> factor == 1);
        require(layer, plain, "a sum without coefficients", parameters.getOperation() + " with coefficients "
                + parameters.getCoeffList());
        List<String> inputs = List.of(read(layer, 0, 2), read(layer, 1, 2));
        String output = make(layer);
        nodes.add(new Graph.Node(place(layer), new Operation.Sum(), inputs, output));
        return output;
    }

    /** The value that a layer reads. */
    private String read(LayerParameter layer, int number, int count) {
        if (layer.getBottomCount() != count) {
            throw wrong(layer, count + " bottoms", String.valueOf(layer.getBottomCount()));
        }
        String value = values.get(layer.getBottom(number));
        if (value == null) {
            throw wrong(layer, "a bottom that a layer before it makes", ModelFile.printable(layer.getBottom(number)));
        }
        return value;
    }

    /** The value that a layer makes. */
    private String make(LayerParameter layer) {
        if (layer.getTopCount() != 1) {
            throw wrong(layer, "one top", String.valueOf(layer.getTopCount()));
        }
        return define(layer.getTop(0));
    }

    private String define(String blob) {
        String value = blob;
        while (!used.add(value)) {
            value = blob + " (" + used.size() + ")";
        }
        values.put(blob, value);
        return value;
    }

    private Operation convolution(LayerParameter layer) {
        ConvolutionParameter parameters = layer.getConvolutionParam();
        require(layer, parameters.getAxis() == 1, "channels on axis 1", parameters.getAxis());
        long[] pad = pair(
                layer, "pad", parameters.getPadList(), parameters.hasPadH() || parameters.hasPadW(), parameters.getPadH(),
                parameters.getPadW(), 0);
        long[] kernel = pair(
                layer, "kernel size", parameters.getKernelSizeList(), parameters.hasKernelH() || parameters.hasKernelW(),
                parameters.getKernelH(), parameters.getKernelW(), 0);
        long[] stride = pair(
                layer, "stride", parameters.getStrideList(), parameters.hasStrideH() || parameters.hasStrideW(),
                parameters.getStrideH(), parameters.getStrideW(), 1);
        long[] dilation = pair(layer, "dilation", parameters.getDilationList(), false, 0, 0, 1);
        require(layer, stride[0] == stride[1], "one stride for both axes", stride[0] + " and " + stride[1]);
        require(layer, dilation[0] == dilation[1], "one dilation for both axes", dilation[0] + " and " + dilation[1]);
        long outputs = Integer.toUnsignedLong(parameters.getNumOutput());
        CaffeBlob weight = blob(layer, 0, parameters.getBiasTerm() ? 2 : 1);
        List<Integer> shape = weight.shape();
        if (shape.size() != 4 || shape.get(0) != outputs || shape.get(2) != kernel[0] || shape.get(3) != kernel[1]) {
            throw weight.wrong(
                    "a kernel of " + outputs + " outputs and " + kernel[0] + "x" + kernel[1], "shape " + shape);
        }
        // The layer types that say so by name need no groups.
        boolean depthwise = !layer.getType().equals("Convolution") && !parameters.hasGroup();
        return new Operation.Convolution(
                weight,
                bias(layer, parameters.getBiasTerm()),
                depthwise ? outputs : Integer.toUnsignedLong(parameters.getGroup()),
                stride[0],
                dilation[0],
                Optional.of(new Operation.Border(pad[0], pad[0], pad[1], pad[1])));
    }

    /** A parameter that is given for both axes at once or for each, under one name or under two. */
    private long[] pair(
            LayerParameter layer, String name, List<Integer> both, boolean apart, int height, int width, int absent) {
        List<Integer> found = apart ? List.of(height, width) : both.isEmpty() ? List.of(absent) : both;
        require(layer, found.size() <= 2 && !(apart && !both.isEmpty()), "one " + name + " for each axis", "more");
        return new long[] {Integer.toUnsignedLong(found.getFirst()), Integer.toUnsignedLong(found.getLast())};
    }

    private Operation dense(LayerParameter layer) {
        InnerProductParameter parameters = layer.getInnerProductParam();
        require(layer, parameters.getAxis() == 1, "a product over axis 1", parameters.getAxis());
        require(layer, !parameters.getTranspose(), "a matrix that is not transposed", "one that is");
        CaffeBlob weight = blob(layer, 0, parameters.getBiasTerm() ? 2 : 1);
        Constant kernel = weight.ofRank(2);
        if (kernel.shape().size() != 2 || kernel.shape().getFirst() != Integer.toUnsignedLong(parameters.getNumOutput())) {
            throw weight.wrong(
                    "a matrix of " + Integer.toUnsignedLong(parameters.getNumOutput()) + " outputs", "shape " + weight.shape());
        }
        return new Operation.Dense(kernel, bias(layer, parameters.getBiasTerm()));
    }

    private Optional<Constant> bias(LayerParameter layer, boolean present) {
        return present ? Optional.of(blob(layer, 1, 2).ofRank(1)) : Optional.empty();
    }

    /** Mean and variance are stored as sums, and the third blob holds what they are to be divided by. */
    private Operation batchNorm(LayerParameter layer) {
        BatchNormParameter parameters = layer.getBatchNormParam();
        boolean global = !parameters.hasUseGlobalStats() || parameters.getUseGlobalStats();
        require(layer, global, "the mean and variance of training", "those of the batch");
        Constant mean = blob(layer, 0, 3).ofRank(1);
        Constant variance = blob(layer, 1, 3).ofRank(1);
        CaffeBlob divisor = blob(layer, 2, 3);
        float[] found = divisor.floats();
        if (found.length != 1) {
            throw divisor.wrong("one value", String.valueOf(found.length));
        }
        float factor = found[0] == 0 ? 0 : 1 / found[0];
        // The number that was written: 1e-5 and not the float next to it.
        double epsilon = Double.parseDouble(Float.toString(parameters.getEps()));
        return new Operation.Normalisation(
                mean.filled(1), mean.filled(0), scaled(mean, factor), scaled(variance, factor), epsilon);
    }

    private static Constant scaled(Constant values, float factor) {
        return new Constant.View(values, values.shape(), () -> {
            float[] scaled = values.floats();
            for (int i = 0; i < scaled.length; i++) {
                scaled[i] *= factor;
            }
            return scaled;
        });
    }

    private Operation scale(LayerParameter layer) {
        ScaleParameter parameters = layer.getScaleParam();
        require(
                layer, parameters.getAxis() == 1 && parameters.getNumAxes() == 1, "one factor a channel",
                parameters.getNumAxes() + " axes from " + parameters.getAxis());
        int count = parameters.getBiasTerm() ? 2 : 1;
        Constant gamma = blob(layer, 0, count).ofRank(1);
        Constant beta = parameters.getBiasTerm() ? blob(layer, 1, count).ofRank(1) : gamma.filled(0);
        return new Operation.Normalisation(gamma, beta, gamma.filled(0), gamma.filled(1), 0);
    }

    private Operation pool(LayerParameter layer) {
        PoolingParameter parameters = layer.getPoolingParam();
        boolean padded = parameters.getPad() != 0 || parameters.getPadH() != 0 || parameters.getPadW() != 0;
        require(
                layer, parameters.getPool() == PoolingParameter.PoolMethod.AVE && !padded, "an average without zeros",
                parameters.getPool() + (padded ? " with zeros" : ""));
        if (parameters.getGlobalPooling()) {
            return new Operation.Mean(true, true);
        }
        int side = parameters.getKernelSize();
        int step = parameters.getStride();
        return new Operation.Pool(
                Integer.toUnsignedLong(parameters.hasKernelH() ? parameters.getKernelH() : side),
                Integer.toUnsignedLong(parameters.hasKernelW() ? parameters.getKernelW() : side),
                Integer.toUnsignedLong(parameters.hasStrideH() ? parameters.getStrideH() : step),
                Integer.toUnsignedLong(parameters.hasStrideW() ? parameters.getStrideW() : step),
                false);
    }

    private CaffeBlob blob(LayerParameter layer, int number, int count) {
        List<BlobProto> found = blobs.getOrDefault(layer.getName(), List.of());
        if (found.size() != count) {
            throw InvalidInputException.of(
                    weights.file(), place(layer), count + " blobs of weights", String.valueOf(found.size()));
        }
        return CaffeBlob.of(weights.file(), layer.getName(), number, found.get(number));
    }

    private void require(LayerParameter layer, boolean holds, String expected, Object found) {
        if (!holds) {
            throw wrong(layer, expected, ModelFile.printable(found.toString()));
        }
    }

    private InvalidInputException wrong(LayerParameter layer, String expected, String found) {
        return InvalidInputException.of(net.file(), place(layer), expected, found);
    }

    private static String place(LayerParameter layer) {
        return "layer " + ModelFile.printable(layer.getName());
    }
}
