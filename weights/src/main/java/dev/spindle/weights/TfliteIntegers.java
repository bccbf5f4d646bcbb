package dev.spindle.weights;

import dev.spindle.kernel.Quantisation;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.plan.QuantisedConcatenation;
import dev.spindle.plan.QuantisedLayer;
import dev.spindle.plan.QuantisedPool;
import dev.spindle.plan.QuantisedWeights;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The integers of a TensorFlow Lite graph whose maps are of bytes, where the engine computes with them as the graph says. */
final class TfliteIntegers {

    private static final float SOFTMAX_SCALE = 1f / 256;
    private static final double LARGEST_FACTOR = 1 << 30;

    /** Operators that leave bytes as they are. */
    private static final Set<Integer> PASSING = Set.of(
            TfliteOperator.QUANTIZE, TfliteOperator.DEQUANTIZE, TfliteOperator.PAD, TfliteOperator.RESHAPE,
            TfliteOperator.SQUEEZE, TfliteOperator.RESIZE_BILINEAR, TfliteOperator.SPACE_TO_BATCH_ND,
            TfliteOperator.BATCH_TO_SPACE_ND);

    /** Why a graph cannot be computed in integers. */
    private static final class UnsupportedGraphException extends Exception {
        private static final long serialVersionUID = 1;

        UnsupportedGraphException(String place, String found) {
            super(place + ": " + found);
        }
    }

    /**
     * What came of it.
     *
     * @param weights the integers; empty where the graph is of floats, or cannot be computed in integers
     * @param obstacle why it cannot; empty where it can or need not
     */
    record Result(Optional<QuantisedWeights> weights, Optional<String> obstacle) {}

    private final TfliteModel model;
    private final Network network;
    /** The type of all maps. */
    private final TfliteType type;
    private final Map<String, TfliteOperator> operators = new HashMap<>();
    private final Map<String, QuantisedLayer> layers = new HashMap<>();
    private final Map<String, Quantisation> sums = new HashMap<>();
    /** What the bytes of the map stand for that the next layer reads. */
    private Quantisation map;

    private TfliteIntegers(TfliteModel model, Network network, TfliteOperator stem) throws UnsupportedGraphException {
        this.model = model;
        this.network = network;
        this.type = model.tensors().get(stem.input(0)).type();
        this.map = quantisation(stem, stem.input(0));
    }

    /**
     * Finds the integers of a graph.
     *
     * @param model the graph
     * @param stack the layers that were found in it, named by the place of their operators
     * @param network the same layers by the names of the description
     * @throws dev.spindle.InvalidInputException where scales do not make sense together
     */
    static Result find(TfliteModel model, LayerStack stack, Network network) {
        Map<String, TfliteOperator> places = new HashMap<>();
        for (TfliteOperator operator : model.operators()) {
            places.put(operator.place(), operator);
        }
        TfliteOperator stem = places.get(stack.stem().conv().name());
        if (model.tensors().get(stem.input(0)).type() == TfliteType.FLOAT32) {
            return new Result(Optional.empty(), Optional.empty());
        }
        try {
            TfliteIntegers integers = new TfliteIntegers(model, network, stem);
            integers.operators.putAll(places);
            return new Result(Optional.of(integers.weights(stack)), Optional.empty());
        } catch (UnsupportedGraphException e) {
            return new Result(Optional.empty(), Optional.of(e.getMessage()));
        }
    }

    private QuantisedWeights weights(LayerStack stack) throws UnsupportedGraphException {
        if (stack.top() instanceof LayerStack.Detector) {
            throw new UnsupportedGraphException("SSDLite head", "detectors compute in fp32");
        }
        requireBytesThroughout();
        Quantisation input = map;
        Set<TfliteOperator> used = new HashSet<>();
        add(network.stem(), stack.stem(), used);
        for (int i = 0; i < stack.blocks().size(); i++) {
            addBlock(network.blocks().get(i), stack.blocks().get(i), used);
        }
        boolean softmax = false;
        Optional<QuantisedConcatenation> concatenation = Optional.empty();
        QuantisedPool pool;
        switch (stack.top()) {
            case LayerStack.Classifier classifier -> {
                if (network.head().isPresent()) {
                    add(network.head().get(), classifier.head().orElseThrow(), used);
                }
                pool = addPool();
                TfliteOperator dense =
                        only("dense layer", List.of(TfliteOperator.FULLY_CONNECTED, TfliteOperator.CONV_2D), used);
                layers.put(Network.CLASSIFIER, layer(dense, 0, network.classes()));
                map = layers.get(Network.CLASSIFIER).output();
                softmax = softmax();
            }
            case LayerStack.Detector detector -> throw new AssertionError(detector);
            case LayerStack.Segmenter segmenter -> {
                Quantisation last = map;
                pool = addPool();
                concatenation = Optional.of(addHead((DeepLab) network.top(), segmenter, last, used));
            }
        }
        QuantisedWeights.Ends ends = new QuantisedWeights.Ends(
                input, isSigned(model.input()), type == TfliteType.INT8, softmax, isSigned(model.output()));
        Optional<QuantisedConcatenation> joint = concatenation;
        return ModelFile.valid(
                model.file(), () -> QuantisedWeights.of(network, ends, layers, sums, pool, joint));
    }

    /** The average over the last map, which becomes the next layer's input. */
    private QuantisedPool addPool() throws UnsupportedGraphException {
        TfliteOperator pool = only("average", List.of(TfliteOperator.AVERAGE_POOL_2D, TfliteOperator.MEAN), Set.of());
        boolean mean = pool.code() == TfliteOperator.MEAN;
        requireMap(pool, pool.input(0));
        Quantisation features = quantisation(pool, pool.output());
        if (!mean && !features.equals(map)) {
            throw unsupported(pool, "an output of another scale than its input's");
        }
        map = features;
        return new QuantisedPool(mean, features);
    }

    /**
     * Adds a segmentation head behind the average.
     *
     * @param last what the bytes of the backbone's last map stand for
     */
    private QuantisedConcatenation addHead(
            DeepLab top, LayerStack.Segmenter stack, Quantisation last, Set<TfliteOperator> used)
            throws UnsupportedGraphException {
        TfliteOperator join = only("concatenation", List.of(TfliteOperator.CONCATENATION), Set.of());
        TfliteOperator pooling = add(top.imagePooling(), stack.imagePooling(), used);
        map = last;
        TfliteOperator pixels = add(top.aspp(), stack.aspp(), used);
        map = quantisation(join, join.output());
        add(top.projection(), stack.projection(), used);
        add(top.logits(), stack.logits(), used);
        QuantisedConcatenation joint = new QuantisedConcatenation(
                joined(join, pixels, stack.pooledFirst() ? 1 : 0),
                joined(join, pooling, stack.pooledFirst() ? 0 : 1),
                quantisation(join, join.output()));
        boolean rescales = !joint.aspp().equals(joint.output()) || !joint.imagePooling().equals(joint.output());
        if (type == TfliteType.INT8 && rescales) {
            throw unsupported(join, "signed bytes of several scales");
        }
        return joint;
    }

    /** What the bytes of a branch stand for that a convolution begins and at most one QUANTIZE rescales. */
    private Quantisation joined(TfliteOperator join, TfliteOperator convolution, int input)
            throws UnsupportedGraphException {
        int tensor = join.input(input);
        int rescaled = 0;
        while (tensor != convolution.output()) {
            TfliteOperator maker = maker(tensor);
            if (isRescaling(maker) && ++rescaled > 1) {
                throw unsupported(maker, "the second of a branch");
            }
            tensor = maker.input(0);
        }
        return quantisation(join, join.input(input));
    }

    private TfliteOperator maker(int tensor) {
        return model.operators().stream()
                .filter(operator -> Arrays.stream(operator.outputs()).anyMatch(output -> output == tensor))
                .findFirst()
                .orElseThrow();
    }

    private boolean isRescaling(TfliteOperator operator) throws UnsupportedGraphException {
        return operator.code() == TfliteOperator.QUANTIZE
                && !quantisation(operator, operator.input(0)).equals(quantisation(operator, operator.output()));
    }

    /** Whether an operator rescales bytes on their way to a concatenation. */
    private boolean isInBranch(TfliteOperator operator) {
        Set<Integer> made = new HashSet<>(List.of(operator.output()));
        for (TfliteOperator reader : model.operators()) {
            if (Arrays.stream(reader.inputs()).anyMatch(made::contains)) {
                if (reader.code() == TfliteOperator.CONCATENATION) {
                    return true;
                }
                if (reader.code() == TfliteOperator.RESIZE_BILINEAR) {
                    made.add(reader.output());
                }
            }
        }
        return false;
    }

    /** Whether the model's own input or output is of signed bytes, or those are that become or were floats there. */
    private boolean isSigned(int tensor) {
        return (isReal(tensor) ? type : model.tensors().get(tensor).type()) == TfliteType.INT8;
    }

    /** Checks that whatever only passes bytes on changes nothing about them, and that bytes become floats at the ends only. */
    private void requireBytesThroughout() throws UnsupportedGraphException {
        for (TfliteOperator operator : model.operators()) {
            if (operator.code() == TfliteOperator.RELU || operator.code() == TfliteOperator.RELU6) {
                throw unsupported(operator, "an activation of its own, behind the bytes of a layer");
            }
            if (PASSING.contains(operator.code())
                    && !isEnd(operator)
                    && !(operator.code() == TfliteOperator.QUANTIZE && isInBranch(operator))
                    && !quantisation(operator, operator.input(0)).equals(quantisation(operator, operator.output()))) {
                throw unsupported(operator, "an output of another scale than its input's");
            }
        }
    }

    /** Whether an operator makes bytes of the model's floats, or floats of its bytes. */
    private boolean isEnd(TfliteOperator operator) {
        return switch (operator.code()) {
            case TfliteOperator.QUANTIZE -> operator.input(0) == model.input() && isReal(model.input());
            case TfliteOperator.DEQUANTIZE -> operator.output() == model.output() && isReal(model.output());
            default -> false;
        };
    }

    private boolean isReal(int tensor) {
        return model.tensors().get(tensor).type() == TfliteType.FLOAT32;
    }

    private static UnsupportedGraphException unsupported(TfliteOperator operator, String found) {
        return new UnsupportedGraphException(operator.place(), found);
    }

    /** What the bytes of a map stand for, signed ones shifted by 128. */
    private Quantisation quantisation(TfliteOperator operator, int index) throws UnsupportedGraphException {
        TfliteTensor tensor = model.tensors().get(index);
        boolean bytes = tensor.type() == TfliteType.UINT8 || tensor.type() == TfliteType.INT8;
        if (!bytes || tensor.quantisation().isEmpty() || tensor.quantisation().get().perChannel()) {
            throw unsupported(operator, tensor.place() + " of " + tensor.type() + ", not of bytes with one scale");
        }
        TfliteTensor.Quantisation found = tensor.quantisation().get();
        return new Quantisation(found.scales()[0], (int) (found.zeroPoints()[0] - tensor.type().smallest()));
    }

    private void requireMap(TfliteOperator operator, int tensor) throws UnsupportedGraphException {
        if (!quantisation(operator, tensor).equals(map) || model.tensors().get(tensor).type() != type) {
            throw unsupported(operator, "an input of another scale or type than the layer before gives");
        }
    }

    private TfliteOperator only(String what, List<Integer> codes, Set<TfliteOperator> used)
            throws UnsupportedGraphException {
        List<TfliteOperator> found = model.operators().stream()
                .filter(operator -> codes.contains(operator.code()) && !used.contains(operator))
                .toList();
        if (found.size() != 1) {
            throw new UnsupportedGraphException(what, found.size() + " operators");
        }
        return found.getFirst();
    }

    private void addBlock(InvertedResidual block, LayerStack.Block stack, Set<TfliteOperator> used)
            throws UnsupportedGraphException {
        Quantisation input = map;
        if (block.expand().isPresent()) {
            add(block.expand().get(), stack.expand().orElseThrow(), used);
        }
        add(block.depthwise(), stack.depthwise(), used);
        TfliteOperator project = add(block.project(), stack.project(), used);
        if (block.residual()) {
            TfliteOperator sum = sumOf(project);
            requireMap(sum, project.output());
            map = input;
            requireMap(sum, sum.input(0) == project.output() ? sum.input(1) : sum.input(0));
            map = quantisation(sum, sum.output());
            sums.put(block.name(), map);
        }
    }

    private TfliteOperator sumOf(TfliteOperator project) throws UnsupportedGraphException {
        for (TfliteOperator operator : model.operators()) {
            if (operator.code() == TfliteOperator.ADD
                    && Arrays.stream(operator.inputs()).anyMatch(input -> input == project.output())) {
                return operator;
            }
        }
        throw unsupported(project, "no sum that reads its output");
    }

    /** Adds a convolution of the network, and makes its output the next layer's input. */
    private TfliteOperator add(Conv conv, Layer layer, Set<TfliteOperator> used) throws UnsupportedGraphException {
        TfliteOperator operator = operators.get(layer.conv().name());
        used.add(operator);
        layers.put(conv.name(), layer(operator, conv.isDepthwise() ? 3 : 0, conv.outputs()));
        map = layers.get(conv.name()).output();
        return operator;
    }

    /**
     * The integers of a layer.
     *
     * @param axis of the kernel's outputs
     */
    private QuantisedLayer layer(TfliteOperator operator, int axis, int outputs) throws UnsupportedGraphException {
        requireMap(operator, operator.input(0));
        TfliteTensor kernel = model.tensors().get(operator.input(1));
        if (!kernel.isConstant() || kernel.type() != type || kernel.quantisation().isEmpty()) {
            throw unsupported(operator, kernel.place() + " of " + kernel.type() + " for maps of " + type);
        }
        TfliteTensor.Quantisation weights = kernel.quantisation().get();
        if (weights.perChannel() && (type == TfliteType.UINT8 || weights.axis() != axis)) {
            throw unsupported(operator, kernel.place() + " of " + type + " with scales along axis " + weights.axis());
        }
        if (type == TfliteType.INT8 && Arrays.stream(weights.zeroPoints()).anyMatch(zero -> zero != 0)) {
            throw unsupported(operator, kernel.place() + " of signed bytes with a zero point");
        }
        QuantisedLayer layer = new QuantisedLayer(
                steps(kernel, weights, axis),
                bias(operator, outputs),
                weights.scales(),
                type == TfliteType.UINT8 || operator.code() == TfliteOperator.FULLY_CONNECTED && !weights.perChannel(),
                quantisation(operator, operator.output()));
        for (float scale : layer.scales()) {
            if (!((double) map.scale() * scale / layer.output().scale() < LARGEST_FACTOR)) {
                throw model.tensors().get(operator.output()).wrong(
                        "a scale above 2^-30 of its input's times its weights'", String.valueOf(layer.output().scale()));
            }
        }
        return layer;
    }

    /** Stored weights less their zero points, in the common order. */
    private static short[] steps(TfliteTensor kernel, TfliteTensor.Quantisation by, int axis) {
        float[] ones = new float[by.scales().length];
        Arrays.fill(ones, 1);
        Constant stored = new Constant.View(
                kernel,
                kernel.shape(),
                () -> kernel.floats(Optional.of(new TfliteTensor.Quantisation(ones, by.zeroPoints(), by.axis()))));
        Constant ordered = kernel.shape().size() < 4
                ? stored
                : axis == 0 ? stored.permuted(0, 3, 1, 2) : stored.permuted(3, 0, 1, 2);
        float[] values = ordered.floats();
        short[] steps = new short[values.length];
        for (int i = 0; i < steps.length; i++) {
            steps[i] = (short) values[i];
        }
        return steps;
    }

    private int[] bias(TfliteOperator operator, int outputs) throws UnsupportedGraphException {
        if (operator.inputs().length < 3 || operator.inputs()[2] == TfliteOperator.ABSENT) {
            return new int[outputs];
        }
        TfliteTensor bias = model.tensors().get(operator.inputs()[2]);
        boolean shifted = bias.quantisation().stream()
                .anyMatch(found -> Arrays.stream(found.zeroPoints()).anyMatch(zero -> zero != 0));
        if (bias.type() != TfliteType.INT32 || shifted) {
            throw unsupported(operator, bias.place() + " of " + bias.type() + (shifted ? " with a zero point" : ""));
        }
        return Arrays.stream(bias.integers()).mapToInt(Math::toIntExact).toArray();
    }

    /** Whether there is a softmax behind the classifier. */
    private boolean softmax() throws UnsupportedGraphException {
        for (TfliteOperator operator : model.operators()) {
            if (operator.code() == TfliteOperator.SOFTMAX) {
                requireMap(operator, operator.input(0));
                if (!quantisation(operator, operator.output()).equals(new Quantisation(SOFTMAX_SCALE, 0))) {
                    throw unsupported(operator, "an output that is not in 256ths");
                }
                return true;
            }
        }
        return false;
    }
}
