package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.LayerWeights;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Follows a TensorFlow Lite graph from its input to its output and finds the layers of a MobileNet classifier in it:
 * convolutions, with sums around blocks, a global average, a dense layer, perhaps a softmax. Names do not matter.
 */
final class TfliteGraph {

    private static final Set<Integer> SUPPORTED = Set.of(
            TfliteOperator.ADD,
            TfliteOperator.AVERAGE_POOL_2D,
            TfliteOperator.CONV_2D,
            TfliteOperator.DEPTHWISE_CONV_2D,
            TfliteOperator.DEQUANTIZE,
            TfliteOperator.FULLY_CONNECTED,
            TfliteOperator.RELU,
            TfliteOperator.RELU6,
            TfliteOperator.RESHAPE,
            TfliteOperator.SOFTMAX,
            TfliteOperator.PAD,
            TfliteOperator.MEAN,
            TfliteOperator.SQUEEZE,
            TfliteOperator.QUANTIZE);

    private static final int NONE = -1;
    private static final int MAX_BORDER = 127;
    private static final int MAX_DILATION = 64;

    /** A convolution of the chain, with the sum that may follow. */
    private static final class Step {
        private final TfliteChain.Link link;
        private Layer layer;
        private int addend = NONE;

        Step(TfliteChain.Link link, Layer layer) {
            this.link = link;
            this.layer = layer;
        }

        InvalidInputException wrong(String expected, String found) {
            return link.operator().wrong(expected, found);
        }
    }

    /** Explicit zeros, in pixels. */
    private record Border(int top, int bottom, int left, int right) {

        private static final Border NONE = new Border(0, 0, 0, 0);
    }

    private final TfliteModel model;
    private final TfliteChain chain;
    private final Set<Integer> kernels = new HashSet<>();
    private final List<Step> steps = new ArrayList<>();
    private final EnumSet<Padding> paddings = EnumSet.allOf(Padding.class);

    private int channels;
    private int height;
    private int width;
    private Border border = Border.NONE;
    private boolean pooled;
    private boolean finished;
    private LayerWeights classifier;
    private int classes;

    private TfliteGraph(TfliteModel model, TfliteChain chain) {
        this.model = model;
        this.chain = chain;
    }

    /**
     * What a graph holds.
     *
     * @param layers in execution order
     * @param padding where convolutions put their zeros
     */
    record Result(LayerStack layers, Padding padding) {}

    /**
     * Follows a graph.
     *
     * @param model whose input is a batch of RGB pictures, channels last
     * @throws InvalidInputException where the graph is not that of a MobileNet classifier, naming the operator
     */
    static Result follow(TfliteModel model) {
        requireSupported(model);
        TfliteGraph graph = new TfliteGraph(model, TfliteChain.of(model));
        graph.start();
        for (TfliteChain.Link link : graph.chain.links()) {
            graph.apply(link);
        }
        LayerStack layers = graph.stack();
        // Where no layer tells, the conventions agree on this input size; SAME is what this format calls its own.
        Padding padding = graph.paddings.contains(Padding.SAME) ? Padding.SAME : Padding.SYMMETRIC;
        return new Result(layers, padding);
    }

    private static void requireSupported(TfliteModel model) {
        for (TfliteOperator operator : model.operators()) {
            if (!SUPPORTED.contains(operator.code())) {
                throw InvalidInputException.of(
                        model.file(), "operator " + operator.position(), "an operator of a MobileNet classifier",
                        operator.name());
            }
        }
    }

    private void start() {
        TfliteTensor input = model.tensors().get(model.input());
        List<Integer> shape = input.shape();
        if (shape.size() != 4 || shape.contains(0) || shape.get(1) > Network.MAX_SIDE || shape.get(2) > Network.MAX_SIDE) {
            throw input.wrong(
                    "an input of shape [batch, height, width, 3], of at most " + Network.MAX_SIDE + " pixels a side",
                    shape.toString());
        }
        height = shape.get(1);
        width = shape.get(2);
        channels = shape.get(3);
    }

    private void apply(TfliteChain.Link link) {
        TfliteOperator operator = link.operator();
        switch (operator.code()) {
            case TfliteOperator.CONV_2D -> {
                if (pooled) {
                    classify(operator, 4);
                } else {
                    convolve(link, operator.convolution(), false);
                }
            }
            case TfliteOperator.DEPTHWISE_CONV_2D -> convolve(link, operator.depthwiseConvolution(), true);
            case TfliteOperator.PAD -> pad(operator);
            case TfliteOperator.RELU -> activate(operator, Activation.RELU);
            case TfliteOperator.RELU6 -> activate(operator, Activation.RELU6);
            case TfliteOperator.ADD -> add(link);
            case TfliteOperator.AVERAGE_POOL_2D -> {
                requireWholeMap(operator);
                pool(operator);
            }
            case TfliteOperator.MEAN -> {
                requireMapAxes(operator);
                pool(operator);
            }
            case TfliteOperator.FULLY_CONNECTED -> {
                operator.requirePlainProduct();
                classify(operator, 2);
            }
            case TfliteOperator.SOFTMAX -> finish(operator);
            case TfliteOperator.RESHAPE, TfliteOperator.SQUEEZE -> requirePooled(operator, true);
            default -> throw new AssertionError(operator.place());
        }
    }

    private void requirePooled(TfliteOperator operator, boolean expected) {
        if (pooled != expected) {
            throw operator.wrong(
                    "it " + (expected ? "behind" : "before") + " the global average",
                    "it " + (expected ? "before" : "behind"));
        }
    }

    /** Checks that no zeros wait for a convolution. */
    private void requireNoBorder(TfliteOperator operator) {
        if (!border.equals(Border.NONE)) {
            throw operator.wrong("a VALID convolution behind a PAD", operator.name());
        }
    }

    private void convolve(TfliteChain.Link link, TfliteOperator.Convolution parameters, boolean depthwise) {
        TfliteOperator operator = link.operator();
        requirePooled(operator, false);
        TfliteTensor kernel = kernel(operator, 4);
        List<Integer> shape = kernel.shape();
        int side = shape.get(1);
        int inputs = depthwise ? 1 : shape.get(3);
        int outputs = depthwise ? shape.get(3) : shape.get(0);
        if (side != shape.get(2) || (depthwise ? shape.get(0) != 1 || outputs != channels : inputs != channels)) {
            throw kernel.wrong(
                    depthwise
                            ? "a depthwise kernel of shape [1, size, size, " + channels + "]"
                            : "a kernel of shape [outputs, size, size, " + channels + "]",
                    shape.toString());
        }
        if (parameters.dilation() > MAX_DILATION) {
            throw operator.wrong("a dilation of at most " + MAX_DILATION, String.valueOf(parameters.dilation()));
        }
        Conv conv = ModelFile.valid(
                model.file(),
                () -> new Conv(
                        operator.place(),
                        channels,
                        outputs,
                        side,
                        parameters.stride(),
                        parameters.dilation(),
                        depthwise ? channels : 1,
                        parameters.activation()));
        requirePadding(operator, conv, parameters.same());
        float[] values = depthwise
                ? transpose(kernel.floats(), 1, side * side, outputs)
                : transpose(kernel.floats(), outputs, side * side, inputs);
        LayerWeights weights = new LayerWeights(values, bias(operator, outputs, kernel), Optional.empty());
        steps.add(new Step(link, new Layer(conv, weights)));
        channels = outputs;
        height = Padding.outputSize(height, conv.stride());
        width = Padding.outputSize(width, conv.stride());
        border = Border.NONE;
    }

    /** Swaps the two inner axes of {@code [outer][rows][columns]}. */
    private static float[] transpose(float[] values, int outer, int rows, int columns) {
        float[] swapped = new float[values.length];
        for (int o = 0; o < outer; o++) {
            int base = o * rows * columns;
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    swapped[base + c * rows + r] = values[base + r * columns + c];
                }
            }
        }
        return swapped;
    }

    /** The constant that is an operator's second input, of no other operator. */
    private TfliteTensor kernel(TfliteOperator operator, int rank) {
        int index = chain.original(operator.input(1));
        TfliteTensor kernel = model.tensors().get(index);
        if (kernel.shape().size() != rank || kernel.shape().contains(0)) {
            throw kernel.wrong("a kernel of " + rank + " axes", kernel.shape().toString());
        }
        if (!kernels.add(index)) {
            throw kernel.wrong("one layer that uses it", operator.place() + " too");
        }
        return kernel;
    }

    private Optional<float[]> bias(TfliteOperator operator, int outputs, TfliteTensor kernel) {
        if (operator.inputs().length < 3 || operator.inputs()[2] == TfliteOperator.ABSENT) {
            return Optional.empty();
        }
        TfliteTensor bias = model.tensors().get(chain.original(operator.input(2)));
        if (!bias.shape().equals(List.of(outputs))) {
            throw bias.wrong("a bias of shape [" + outputs + "]", bias.shape().toString());
        }
        Optional<TfliteTensor.Quantisation> input = model.tensors().get(operator.input(0)).quantisation();
        Optional<TfliteTensor.Quantisation> scheme = bias.quantisation()
                .or(() -> input.flatMap(of ->
                        kernel.quantisation().map(weights -> TfliteTensor.Quantisation.ofBias(of, weights))));
        return Optional.of(bias.floats(scheme));
    }

    private void pad(TfliteOperator operator) {
        requirePooled(operator, false);
        requireNoBorder(operator);
        TfliteTensor tensor = model.tensors().get(chain.original(operator.input(1)));
        if (!tensor.shape().equals(List.of(4, 2))) {
            throw tensor.wrong("paddings of shape [4, 2]", tensor.shape().toString());
        }
        long[] zeros = tensor.integers();
        for (int i = 0; i < zeros.length; i++) {
            long most = i >= 2 && i < 6 ? MAX_BORDER : 0;
            if (zeros[i] < 0 || zeros[i] > most) {
                throw tensor.wrong("a padding of 0 to " + most + " at " + i, String.valueOf(zeros[i]));
            }
        }
        border = new Border((int) zeros[2], (int) zeros[3], (int) zeros[4], (int) zeros[5]);
    }

    /** Keeps the conventions that put the zeros where this convolution has them. */
    private void requirePadding(TfliteOperator operator, Conv conv, boolean same) {
        if (same) {
            requireNoBorder(operator);
            if (conv.stride() > 1) {
                paddings.remove(Padding.SYMMETRIC);
            }
        } else {
            paddings.removeIf(padding -> !pads(padding, conv, height, border.top, border.bottom)
                    || !pads(padding, conv, width, border.left, border.right));
        }
        if (paddings.isEmpty()) {
            throw operator.wrong(
                    "zeros as all other layers have them, symmetric or as SAME",
                    same ? "SAME" : border.toString());
        }
    }

    /** Whether a convention gives the same outputs along one axis as zeros before and behind without any other. */
    private static boolean pads(Padding padding, Conv conv, int input, int before, int behind) {
        int reach = conv.dilation() * (conv.kernel() - 1);
        int room = input + before + behind - reach - 1;
        return before == padding.before(input, conv.kernel(), conv.stride(), conv.dilation())
                && room >= 0
                && room / conv.stride() + 1 == Padding.outputSize(input, conv.stride());
    }

    private void activate(TfliteOperator operator, Activation activation) {
        Step last = linear(operator);
        Conv conv = last.layer.conv();
        Conv activated = new Conv(
                conv.name(), conv.inputs(), conv.outputs(), conv.kernel(), conv.stride(), conv.dilation(), conv.groups(),
                activation);
        last.layer = new Layer(activated, last.layer.weights());
    }

    private void add(TfliteChain.Link link) {
        TfliteOperator operator = link.operator();
        operator.requirePlainSum();
        Step last = linear(operator);
        int first = chain.original(operator.input(0));
        int second = chain.original(operator.input(1));
        last.addend = first == link.input() ? second : first;
    }

    /** The linear convolution, without a sum, that an operator follows directly. */
    private Step linear(TfliteOperator operator) {
        requirePooled(operator, false);
        requireNoBorder(operator);
        if (steps.isEmpty()
                || steps.getLast().layer.conv().activation() != Activation.LINEAR
                || steps.getLast().addend != NONE) {
            throw operator.wrong("it behind a linear convolution", "it elsewhere");
        }
        return steps.getLast();
    }

    private void requireWholeMap(TfliteOperator operator) {
        TfliteOperator.Pool pool = operator.pool();
        boolean single = !pool.same() || (pool.strideHeight() >= height && pool.strideWidth() >= width);
        if (pool.filterHeight() != height || pool.filterWidth() != width || !single) {
            throw operator.wrong(
                    "an average over the whole map of " + height + "x" + width,
                    "a filter of " + pool.filterHeight() + "x" + pool.filterWidth());
        }
    }

    private void requireMapAxes(TfliteOperator operator) {
        TfliteTensor axes = model.tensors().get(chain.original(operator.input(1)));
        Set<Long> found = new HashSet<>();
        if (axes.shape().size() <= 1) {
            for (long axis : axes.integers()) {
                found.add(axis < 0 ? axis + 4 : axis);
            }
        }
        if (!found.equals(Set.of(1L, 2L))) {
            throw axes.wrong("an average over axes 1 and 2", ModelFile.printable(found.toString()));
        }
    }

    private void pool(TfliteOperator operator) {
        requirePooled(operator, false);
        requireNoBorder(operator);
        pooled = true;
    }

    private void classify(TfliteOperator operator, int rank) {
        requirePooled(operator, true);
        TfliteTensor kernel = kernel(operator, rank);
        List<Integer> shape = kernel.shape();
        boolean single = rank == 2 || (shape.get(1) == 1 && shape.get(2) == 1);
        if (classifier != null || shape.getLast() != channels || !single) {
            throw kernel.wrong(
                    "the only dense layer behind the global average, on " + channels + " features",
                    "a kernel of shape " + shape);
        }
        if (rank == 4 && operator.convolution().activation() != Activation.LINEAR) {
            throw operator.wrong("no fused activation", "one");
        }
        classes = shape.getFirst();
        classifier = new LayerWeights(kernel.floats(), bias(operator, classes, kernel), Optional.empty());
    }

    private void finish(TfliteOperator operator) {
        operator.requirePlainSoftmax();
        if (classifier == null || finished) {
            throw operator.wrong("one softmax, behind the dense layer", "it elsewhere");
        }
        finished = true;
    }

    private LayerStack stack() {
        if (steps.isEmpty() || classifier == null) {
            throw InvalidInputException.of(
                    model.file(),
                    "graph",
                    "convolutions, a global average and a dense layer",
                    steps.isEmpty() ? "no convolution" : "no dense layer");
        }
        List<LayerStack.Block> blocks = new ArrayList<>();
        requireNoSum(steps.getFirst());
        int next = 1;
        while (next < steps.size() - 1) {
            Step first = steps.get(next);
            Optional<Step> expand = Optional.empty();
            if (!first.layer.conv().isDepthwise()) {
                expand = Optional.of(at(next, false, "a 1x1 convolution that begins a block"));
                next++;
            }
            Step depthwise = at(next, true, "a depthwise convolution of a block");
            Step project = at(next + 1, false, "a 1x1 convolution that ends a block");
            expand.ifPresent(this::requireNoSum);
            requireNoSum(depthwise);
            boolean residual = project.addend != NONE;
            if (residual && project.addend != first.link.input()) {
                throw project.wrong("the block's own input added to it", "another tensor");
            }
            blocks.add(new LayerStack.Block(
                    expand.map(step -> step.layer), depthwise.layer, project.layer, residual));
            next += 2;
        }
        Optional<Step> head =
                next < steps.size() ? Optional.of(at(next, false, "a 1x1 convolution as head")) : Optional.empty();
        head.ifPresent(this::requireNoSum);
        return new LayerStack(
                steps.getFirst().layer, blocks, head.map(step -> step.layer), classifier, classes);
    }

    private Step at(int index, boolean depthwise, String expected) {
        if (index >= steps.size()) {
            throw InvalidInputException.of(model.file(), "operators", expected, "the global average");
        }
        Step step = steps.get(index);
        Conv conv = step.layer.conv();
        boolean pointwise = conv.kernel() == 1 && conv.groups() == 1 && conv.stride() == 1;
        if (depthwise ? !conv.isDepthwise() : !pointwise) {
            throw step.wrong(expected, conv.kernel() + "x" + conv.kernel() + ", " + conv.groups() + " groups, stride "
                    + conv.stride());
        }
        return step;
    }

    private void requireNoSum(Step step) {
        if (step.addend != NONE) {
            throw step.wrong("no sum within a block", "another tensor added to it");
        }
    }
}
