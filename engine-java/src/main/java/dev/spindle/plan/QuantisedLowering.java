package dev.spindle.plan;

import dev.spindle.kernel.ByteMapping;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FloatRequantisation;
import dev.spindle.kernel.FloatSum;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Multiplier;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.QuantisedDense;
import dev.spindle.kernel.QuantisedDepthwise;
import dev.spindle.kernel.QuantisedFusedBlock;
import dev.spindle.kernel.QuantisedGlobalAverage;
import dev.spindle.kernel.QuantisedPointwise;
import dev.spindle.kernel.QuantisedStem;
import dev.spindle.kernel.QuantisedSum;
import dev.spindle.kernel.Requantisation;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Plans of integers: every layer is the quantised twin of its shape. */
final class QuantisedLowering implements Lowering {

    /** Whole numbers below this are exact in fp32, and so are sums in any order that stay below it. */
    private static final int EXACT_IN_FLOAT = 1 << 24;

    private final Network network;
    private final QuantisedWeights weights;
    private final Layout layout;
    private final Packer packer;
    private final Map<String, Requantisation> requantisations = new HashMap<>();
    private final Map<String, QuantisedSum> sums = new HashMap<>();

    QuantisedLowering(Network network, QuantisedWeights weights, Layout layout) {
        this.network = network;
        this.weights = weights;
        this.layout = layout;
        this.packer = new Packer(layout);
        for (InvertedResidual block : network.blocks()) {
            if (block.residual()) {
                sums.put(block.project().name(), weights.sum(network, block));
            }
        }
    }

    @Override
    public Packed pack(Conv conv, int[] order, Tiling tiling) {
        Requantisation requantisation = requantisation(conv);
        if (packsBytes()) {
            boolean stem = conv.equals(network.stem());
            int[] groups = stem ? BytePacker.stemGroups(order) : BytePacker.groups(order);
            return add(conv.name(), new BytePacker(packer).matrix(numbers(conv.name()), groups, tiling));
        }
        int kernel = packer.matrix(kernel(conv.name(), requantisation), conv.outputs(), order, tiling);
        return new Packed(kernel, biases(requantisation));
    }

    @Override
    public Packed packDepthwise(Conv conv) {
        Requantisation requantisation = requantisation(conv);
        if (packsBytes()) {
            return add(conv.name(), new BytePacker(packer).depthwise(numbers(conv.name())));
        }
        int kernel = packer.depthwise(kernel(conv.name(), requantisation), conv.outputs());
        return new Packed(kernel, biases(requantisation));
    }

    @Override
    public Packed pack(Dense shape, int outputs) {
        Requantisation requantisation = requantisation(
                shape.name(), outputs, shape.blocks() * layout.channelBlock(), Activation.LINEAR);
        requantisations.put(shape.name(), requantisation);
        if (packsBytes()) {
            int[] groups = BytePacker.groups(Packer.identity(shape.inputs()));
            return add(shape.name(), new BytePacker(packer).matrix(numbers(shape.name()), groups, tiling(shape)));
        }
        float[] kernel = kernel(shape.name(), requantisation);
        if (!hasFloats()) {
            return new Packed(packer.dense(kernel, outputs, shape.inputs(), shape), LayerPlanner.NONE);
        }
        int[] biases = requantisation.biases().clone();
        int[] offsets = new int[biases.length];
        int centre = QuantisedDense.centre(weights.input(network, shape.name()));
        Arrays.setAll(biases, channel -> biases[channel] + QuantisedDense.lack(shape.inputs()));
        for (int channel = 0; channel < outputs; channel++) {
            offsets[channel] = offset(weights.layer(shape.name()), channel);
            for (int i = channel * shape.inputs(); i < (channel + 1) * shape.inputs(); i++) {
                kernel[i] -= offsets[channel];
                biases[channel] += centre * (int) kernel[i];
            }
        }
        return new Packed(
                packer.denseBytes(kernel, outputs, shape.inputs(), shape), packer.bias(bits(biases, offsets)));
    }

    private boolean packsBytes() {
        return layout.weights() == Memory.Element.BYTE;
    }

    private BytePacker.Numbers numbers(String name) {
        return new BytePacker.Numbers(
                weights.layer(name),
                weights.input(network, name),
                requantisations.get(name),
                Optional.ofNullable(sums.get(name)));
    }

    private Packed add(String name, BytePacker.Packed packed) {
        requantisations.computeIfPresent(name, (same, requantisation) -> requantisation.with(packed.packing()));
        return new Packed(packed.weights(), packed.packing().constants());
    }

    private boolean hasFloats() {
        return layout.weights() == Memory.Element.FLOAT;
    }

    /** What has to be taken off the weights of a channel so that they fit a signed byte. */
    private static int offset(QuantisedLayer layer, int channel) {
        int each = layer.kernel().length / layer.bias().length;
        int least = 0;
        int most = 0;
        for (int i = channel * each; i < (channel + 1) * each; i++) {
            least = Math.min(least, layer.kernel()[i]);
            most = Math.max(most, layer.kernel()[i]);
        }
        return Math.max(0, most - Byte.MAX_VALUE) + Math.min(0, least - Byte.MIN_VALUE);
    }

    /** Biases among the weights, where those are floats. */
    private int biases(Requantisation requantisation) {
        return hasFloats() ? packer.bias(floats(requantisation.biases())) : LayerPlanner.NONE;
    }

    private static float[] floats(int[] integers) {
        float[] values = new float[integers.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = integers[i];
        }
        return values;
    }

    /** Floats with the bits of some integers, and then of others. */
    private static float[] bits(int[] integers, int[] others) {
        float[] values = new float[integers.length + others.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(i < integers.length ? integers[i] : others[i - integers.length]);
        }
        return values;
    }

    private float[] kernel(String name, Requantisation requantisation) {
        QuantisedLayer layer = weights.layer(name);
        Quantisation input = weights.input(network, name);
        float[] kernel = new float[layer.kernel().length];
        int each = kernel.length / layer.bias().length;
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] = layer.kernel()[i];
        }
        for (int channel = 0; channel < layer.bias().length; channel++) {
            int reach = (int) reach(layer, channel, input);
            if (constant(layer, channel, reach, input, requantisation.low(), requantisation.high()).isPresent()) {
                Arrays.fill(kernel, channel * each, (channel + 1) * each, 0);
            }
        }
        return kernel;
    }

    private Requantisation requantisation(Conv conv) {
        return requantisations.computeIfAbsent(conv.name(), name ->
                requantisation(name, conv.outputs(), layout.padded(conv.outputs()), conv.activation()));
    }

    /** @param padded outputs and what fills their blocks up */
    private Requantisation requantisation(String name, int outputs, int padded, Activation activation) {
        QuantisedLayer layer = weights.layer(name);
        Quantisation input = weights.input(network, name);
        Quantisation output = layer.output();
        int low = activation == Activation.LINEAR ? 0 : output.zeroPoint();
        int high = activation == Activation.RELU6 ? output.quantise(6) : Quantisation.MAX;
        int[] biases = Arrays.copyOf(layer.bias(), padded);
        int[] multipliers = new int[padded];
        int[] shifts = new int[padded];
        int[] least = new int[padded];
        int[] most = new int[padded];
        long largest = 0;
        for (int channel = 0; channel < outputs; channel++) {
            Multiplier multiplier = Multiplier.of(layer.factor(channel, input));
            int reach = (int) reach(layer, channel, input);
            OptionalInt constant = constant(layer, channel, reach, input, low, high);
            if (constant.isPresent()) {
                multiplier = Multiplier.of(1);
                biases[channel] = constant.getAsInt();
                reach = 0;
            }
            multipliers[channel] = multiplier.value();
            shifts[channel] = multiplier.shift();
            least[channel] = biases[channel] - reach;
            most[channel] = biases[channel] + reach;
            largest = Math.max(largest, Math.abs((long) biases[channel]) + reach);
        }
        Optional<FloatRequantisation> inFloat = hasFloats() && largest < EXACT_IN_FLOAT
                ? FloatRequantisation.of(
                        new FloatRequantisation.Channels(multipliers, shifts, least, most), layout.channelBlock(),
                        low - output.zeroPoint(), high - output.zeroPoint())
                : Optional.empty();
        return new Requantisation(biases, multipliers, shifts, low, high, output, inFloat, Optional.empty());
    }

    /** The farthest from 0 that a channel's sums can be, without the bias. */
    private static long reach(QuantisedLayer layer, int channel, Quantisation input) {
        int each = layer.kernel().length / layer.bias().length;
        long magnitude = 0;
        for (int i = channel * each; i < (channel + 1) * each; i++) {
            magnitude += Math.abs(layer.kernel()[i]);
        }
        return magnitude * input.reach();
    }

    /**
     * The step that a channel always makes whose bias fp32 does not hold beside its sums, as a dead channel's: its weights
     * count for nothing, and it is computed without them.
     */
    private OptionalInt constant(
            QuantisedLayer layer, int channel, int reach, Quantisation input, int low, int high) {
        int bias = layer.bias()[channel];
        if (!hasFloats() || Math.abs((long) bias) + reach < EXACT_IN_FLOAT) {
            return OptionalInt.empty();
        }
        Multiplier multiplier = Multiplier.of(layer.factor(channel, input));
        int zero = layer.output().zeroPoint();
        int least = Math.clamp((long) multiplier.apply(bias - reach), low - zero, high - zero);
        int most = Math.clamp((long) multiplier.apply(bias + reach), low - zero, high - zero);
        return least == most ? OptionalInt.of(least) : OptionalInt.empty();
    }

    @Override
    public Memory weights() {
        return packer.pack();
    }

    @Override
    public int zero(Conv conv) {
        return layout.isCentred() ? 0 : weights.input(network, conv.name()).zeroPoint();
    }

    @Override
    public Activation clamp(Conv conv) {
        return Activation.LINEAR;
    }

    /** Fused blocks of floats are for sums that fp32 holds. */
    @Override
    public boolean canFuse(Conv conv) {
        return !hasFloats() || requantisation(conv).inFloat().isPresent();
    }

    /** Sums that wait in the output have to fit its elements. */
    @Override
    public boolean groupsHidden() {
        return hasFloats();
    }

    @Override
    public Optional<ByteMapping> rescaled(FeatureMap branch) {
        Quantisation before = branch.quantisation().orElseThrow();
        return weights.rescaling(network, branch.name()).map(results -> new ByteMapping(
                branch.name() + ".rescale",
                layout.blocks(branch.channels()),
                branch.pixels() * layout.channelBlock(),
                branch.offset(),
                results,
                layout.isCentred() ? before.zeroPoint() : 0,
                layout.isCentred() ? joined().orElseThrow().zeroPoint() : 0));
    }

    @Override
    public Optional<Quantisation> joined() {
        return weights.concatenation().map(QuantisedConcatenation::output);
    }

    @Override
    public QuantisedStem lower(Stem shape) {
        return new QuantisedStem(shape, requantisations.get(shape.name()));
    }

    @Override
    public QuantisedPointwise lower(Pointwise shape) {
        Optional<QuantisedSum> sum = Optional.ofNullable(sums.get(shape.name()));
        return new QuantisedPointwise(
                shape, requantisations.get(shape.name()), sum,
                sum.filter(any -> hasFloats()).flatMap(any -> FloatSum.of(any, QuickSum.table(any))));
    }

    @Override
    public QuantisedDepthwise lower(Depthwise shape) {
        return new QuantisedDepthwise(shape, requantisations.get(shape.name()));
    }

    @Override
    public QuantisedGlobalAverage lower(GlobalAverage shape) {
        Quantisation input = weights.lastMap(network);
        QuantisedPool pool = weights.pool();
        Optional<Multiplier> mean = pool.mean()
                ? Optional.of(mean(Multiplier.of((double) input.scale() / pool.output().scale()), shape.pixels()))
                : Optional.empty();
        QuantisedGlobalAverage average = new QuantisedGlobalAverage(
                shape, input, mean, weights.ends().signedMaps() ? 128 : 0, pool.output(), Optional.empty());
        return hasFloats() ? average.inFloat(layout.channelBlock()) : average;
    }

    /** A multiplier divided by a count as TensorFlow Lite's mean does it, which cuts off. */
    private static Multiplier mean(Multiplier scale, int count) {
        int bits = Math.min(31 - Integer.numberOfLeadingZeros(count), 31 + scale.shift());
        return new Multiplier((int) (((long) scale.value() << bits) / count), scale.shift() - bits);
    }

    @Override
    public QuantisedDense lower(Dense shape) {
        return new QuantisedDense(shape, requantisations.get(shape.name()), tiling(shape), weights.input(network, shape.name()));
    }

    private Tiling tiling(Dense shape) {
        return new Tiling(shape.blocks(), 0, 1, layout.rows1(), layout.rows2(), layout.rows3());
    }

    @Override
    public QuantisedFusedBlock lower(FusedBlock shape) {
        return new QuantisedFusedBlock(
                shape, shape.stem().map(this::lower), shape.expand().map(this::lower), lower(shape.depthwise()),
                lower(shape.project()));
    }
}
