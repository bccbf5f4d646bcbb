package dev.spindle.plan;

import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
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

/** Plans of integers: every layer is the quantised twin of its shape. */
final class QuantisedLowering implements Lowering {

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
        addRequantisation(conv.name(), conv.outputs(), conv.activation());
        if (packsBytes()) {
            boolean stem = conv.equals(network.stem());
            int[] groups = stem ? BytePacker.stemGroups(order) : BytePacker.groups(order);
            return add(conv.name(), new BytePacker(packer).matrix(numbers(conv.name()), groups, tiling));
        }
        return new Packed(packer.matrix(kernel(conv.name()), conv.outputs(), order, tiling), Planner.NONE);
    }

    @Override
    public Packed packDepthwise(Conv conv) {
        addRequantisation(conv.name(), conv.outputs(), conv.activation());
        if (packsBytes()) {
            return add(conv.name(), new BytePacker(packer).depthwise(numbers(conv.name())));
        }
        return new Packed(packer.depthwise(kernel(conv.name()), conv.outputs()), Planner.NONE);
    }

    @Override
    public Packed pack(Dense shape, int outputs) {
        addRequantisation(shape.name(), outputs, Activation.LINEAR);
        if (packsBytes()) {
            // Tiles of two blocks, as a 1x1 convolution of one pixel without triples has them.
            Tiling tiling = new Tiling(shape.blocks(), 0, 1, 1, 1, 0);
            int[] groups = BytePacker.groups(Packer.identity(shape.inputs()));
            return add(shape.name(), new BytePacker(packer).matrix(numbers(shape.name()), groups, tiling));
        }
        return new Packed(packer.dense(kernel(shape.name()), outputs, shape.inputs(), shape), Planner.NONE);
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

    private float[] kernel(String name) {
        short[] integers = weights.layer(name).kernel();
        float[] kernel = new float[integers.length];
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] = integers[i];
        }
        return kernel;
    }

    private void addRequantisation(String name, int outputs, Activation activation) {
        QuantisedLayer layer = weights.layer(name);
        Quantisation input = weights.input(network, name);
        int padded = layout.padded(outputs);
        int[] multipliers = new int[padded];
        int[] shifts = new int[padded];
        long largest = 0;
        int each = layer.kernel().length / outputs;
        for (int channel = 0; channel < outputs; channel++) {
            Multiplier multiplier = Multiplier.of(layer.factor(channel, input));
            multipliers[channel] = multiplier.value();
            shifts[channel] = multiplier.shift();
            long magnitude = 0;
            for (int i = channel * each; i < (channel + 1) * each; i++) {
                magnitude += Math.abs(layer.kernel()[i]);
            }
            largest = Math.max(largest, Math.abs((long) layer.bias()[channel]) + input.reach() * magnitude);
        }
        Quantisation output = layer.output();
        int low = activation == Activation.LINEAR ? 0 : output.zeroPoint();
        int high = activation == Activation.RELU6 ? output.quantise(6) : Quantisation.MAX;
        int[] biases = Arrays.copyOf(layer.bias(), padded);
        requantisations.put(
                name,
                new Requantisation(biases, multipliers, shifts, largest, low, high, output, Optional.empty()));
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
    public boolean groupsHidden() {
        return false;
    }

    @Override
    public QuantisedStem lower(Stem shape) {
        return new QuantisedStem(shape, requantisations.get(shape.name()));
    }

    @Override
    public QuantisedPointwise lower(Pointwise shape) {
        return new QuantisedPointwise(
                shape, requantisations.get(shape.name()), Optional.ofNullable(sums.get(shape.name())));
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
        return new QuantisedGlobalAverage(shape, input, mean, weights.ends().signedMaps() ? 128 : 0, pool.output());
    }

    /** A multiplier divided by a count as TensorFlow Lite's mean does it, which cuts off. */
    private static Multiplier mean(Multiplier scale, int count) {
        int bits = Math.min(31 - Integer.numberOfLeadingZeros(count), 31 + scale.shift());
        return new Multiplier((int) (((long) scale.value() << bits) / count), scale.shift() - bits);
    }

    @Override
    public QuantisedDense lower(Dense shape) {
        return new QuantisedDense(shape, requantisations.get(shape.name()));
    }

    @Override
    public QuantisedFusedBlock lower(FusedBlock shape) {
        return new QuantisedFusedBlock(
                shape, shape.stem().map(this::lower), shape.expand().map(this::lower), lower(shape.depthwise()),
                lower(shape.project()));
    }
}
