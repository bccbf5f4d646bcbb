package dev.spindle.plan;

import dev.spindle.kernel.ChannelTiled;
import dev.spindle.kernel.Channelwise;
import dev.spindle.kernel.ChannelwisePair;
import dev.spindle.kernel.Clamp;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns a network and its weights into a {@link Plan} for one kernel's layout. What numbers are is the {@link Lowering}'s. */
public final class Planner {

    private static final int COLOURS = 3;

    /** Stands for a place that a layer does not have. */
    static final int NONE = -1;

    /** Hidden channels that a fused block computes at a time, about. */
    private static final int GROUP_CHANNELS = 40;

    /** Most bytes of scratch that a fused block fills: a part of the second cache, beside weights, input and output. */
    private static final int SCRATCH_BYTES = 160 * 1024;

    private final Network network;
    private final Lowering lowering;
    private final Layout layout;
    private final Fusion fusion;
    private final Arena arena;
    private final List<Layer> layers = new ArrayList<>();
    /** Rows of zeros of the maps that depthwise convolutions read, by the element that stands for 0. */
    private final Map<Integer, Integer> zeros = new LinkedHashMap<>();

    private Planner(Network network, Lowering lowering, Layout layout, Fusion fusion) {
        this.network = network;
        this.lowering = lowering;
        this.layout = layout;
        this.fusion = layout.fuses() ? fusion : Fusion.NEVER;
        this.arena = new Arena(layout);
    }

    /** A map on its way through the network, {@code [blocks(channels)][height * width][c]}; a mere shape at {@link #NONE}. */
    private record FeatureMap(int offset, int channels, int height, int width) {
        int pixels() {
            return height * width;
        }
    }

    /**
     * Makes a plan.
     *
     * @param network the description
     * @param weights its weights, not folded yet
     * @param layout what the kernel wants
     * @return the plan, which owns its packed weights
     * @throws IllegalArgumentException where the network is too large for 2^31 floats
     */
    public static Plan plan(Network network, Weights weights, Layout layout) {
        return plan(network, weights, layout, Fusion.AUTO);
    }

    /**
     * Makes a plan with a say in which blocks are fused.
     *
     * @param network the description
     * @param weights its weights, not folded yet
     * @param layout what the kernel wants; without {@link Layout#fuses} nothing is fused
     * @param fusion which blocks
     * @return the plan, which owns its packed weights
     * @throws IllegalArgumentException where the network is too large for 2^31 floats
     */
    public static Plan plan(Network network, Weights weights, Layout layout, Fusion fusion) {
        return plan(network, new FloatLowering(weights, layout), layout, fusion, Optional.empty());
    }

    /**
     * Makes a plan that computes in integers.
     *
     * @param network the description
     * @param weights its integers
     * @param layout what the kernel of integers wants
     * @param fusion which blocks
     * @return the plan, which owns its packed weights
     * @throws IllegalArgumentException where the network is too large for 2^31 elements
     */
    public static Plan plan(Network network, QuantisedWeights weights, Layout layout, Fusion fusion) {
        return plan(network, new QuantisedLowering(network, weights, layout), layout, fusion, Optional.of(weights));
    }

    private static Plan plan(
            Network network, Lowering lowering, Layout layout, Fusion fusion, Optional<QuantisedWeights> quantised) {
        try {
            return new Planner(network, lowering, layout, fusion).build(quantised.map(weights ->
                    new Plan.Integers(weights.ends(), weights.pool().output(), weights.logits())));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("a network of " + network.height() + "x" + network.width()
                    + " pixels and " + network.parameters() + " parameters needs more than 2^31 numbers", e);
        }
    }

    private Plan build(Optional<Plan.Integers> integers) {
        List<Plan.Fill> fills = new ArrayList<>();
        for (InvertedResidual block : network.blocks()) {
            int zero = lowering.zero(block.depthwise());
            if (!zeros.containsKey(zero)) {
                zeros.put(zero, arena.take(zeroLength()));
                fills.add(new Plan.Fill(zeros.get(zero), zeroLength(), zero));
            }
        }
        Plan.StagedInput staged = stageInput();
        fills.add(new Plan.Fill(staged.offset(), stagedLength(staged.rowStride()), lowering.zero(network.stem())));
        fills.removeIf(fill -> fill.value() == 0);
        int first = fusesStem() ? 1 : 0;
        FeatureMap map = first == 1 ? stemBlock(staged) : stem(staged);
        for (InvertedResidual block : network.blocks().subList(first, network.blocks().size())) {
            map = block(block, map);
        }
        int features = pool(map);
        arena.mark();
        int tailStart = layers.size();
        int logits = arena.take(layout.padded(network.classes()));
        layers.add(lowering.lower(dense(features, logits)));
        int scratch = layers.stream().mapToInt(Layer::scratchLength).max().orElse(0);
        return new Plan(
                network,
                layout,
                lowering.weights(),
                layers,
                arena.length(),
                Math.toIntExact(layout.maps().roundUp(scratch)),
                staged,
                fills,
                new Plan.Tail(tailStart, features, layout.padded(network.features()), arena.lengthSinceMark()),
                features,
                logits,
                integers);
    }

    /** The last 1x1 convolution, where there is one, and the average over its map. */
    private int pool(FeatureMap input) {
        FeatureMap map = input;
        Optional<Pointwise> head = Optional.empty();
        if (network.head().isPresent()) {
            Conv conv = network.head().get();
            map = map(new FeatureMap(NONE, conv.outputs(), input.height, input.width));
            head = Optional.of(pointwiseLayer(conv, input, map.offset, NONE));
        }
        int features = arena.take(layout.padded(map.channels));
        GlobalAverage average =
                new GlobalAverage(Network.POOL, layout.blocks(map.channels), map.pixels(), map.offset, features);
        addChannelwise(head, lowering.lower(average));
        arena.release(map.offset);
        if (map != input) {
            arena.release(input.offset);
        }
        return features;
    }

    /** Adds a layer that works channel by channel, paired with the 1x1 convolution before it, where there is one. */
    private void addChannelwise(Optional<Pointwise> before, Channelwise layer) {
        Optional<ChannelTiled> first = before.map(lowering::lower);
        if (first.isPresent() && fusion != Fusion.NEVER) {
            layers.add(new ChannelwisePair(first.get(), layer));
        } else {
            first.ifPresent(layers::add);
            layers.add(layer);
        }
    }

    /** A row of the widest map that a depthwise convolution reads. */
    private int zeroLength() {
        return Padding.outputSize(network.width(), network.stem().stride()) * layout.channelBlock();
    }

    private Plan.StagedInput stageInput() {
        Conv stem = network.stem();
        int rowStride = (2 * Padding.outputSize(network.width(), 2) + 1) * COLOURS;
        int top = network.padding().before(network.height(), stem.kernel(), stem.stride(), 1);
        int left = network.padding().before(network.width(), stem.kernel(), stem.stride(), 1);
        return new Plan.StagedInput(arena.take(stagedLength(rowStride)), rowStride, top, left);
    }

    private int stagedLength(int rowStride) {
        return Math.multiplyExact(2 * Padding.outputSize(network.height(), 2) + 1, rowStride);
    }

    private FeatureMap stem(Plan.StagedInput staged) {
        FeatureMap output = map(stemShape());
        layers.add(lowering.lower(stemLayer(staged, output.offset)));
        return output;
    }

    private FeatureMap stemShape() {
        return new FeatureMap(
                NONE, network.stem().outputs(), Padding.outputSize(network.height(), 2), Padding.outputSize(network.width(), 2));
    }

    private Stem stemLayer(Plan.StagedInput staged, int output) {
        Conv conv = network.stem();
        FeatureMap shape = stemShape();
        Tiling tiling = Tiling.of(layout, layout.blocks(conv.outputs()), shape.width);
        Lowering.Packed packed = lowering.pack(conv, stemOrder(), tiling);
        return new Stem(
                conv.name(),
                packed.weights(),
                packed.bias(),
                staged.offset(),
                staged.rowStride(),
                output,
                shape.height,
                tiling,
                Clamp.low(lowering.clamp(conv)),
                Clamp.high(lowering.clamp(conv)),
                conv.macs(network.height(), network.width()));
    }

    /** The stem's input runs row, column, colour; its kernel is stored colour, row, column. */
    private static int[] stemOrder() {
        int[] order = new int[Stem.K];
        for (int i = 0; i < Stem.K; i++) {
            order[i] = i % COLOURS * Depthwise.TAPS + i / COLOURS;
        }
        return order;
    }

    /** Whether the stem and the first block become one: the block must start with the depthwise convolution. */
    private boolean fusesStem() {
        if (network.blocks().isEmpty()) {
            return false;
        }
        InvertedResidual block = network.blocks().getFirst();
        if (block.expand().isPresent() || block.residual()) {
            return false;
        }
        FeatureMap hidden = stemShape();
        Tiling tiling = Tiling.of(layout, layout.blocks(hidden.channels), hidden.width);
        return fuses(0, bytes(hidden), hidden, block, tiling);
    }

    private FeatureMap stemBlock(Plan.StagedInput staged) {
        InvertedResidual block = network.blocks().getFirst();
        Stem stem = stemLayer(staged, NONE);
        return fused(network.stem().name() + "+" + block.name(), block, stemShape(), NONE, Optional.of(stem), Optional.empty());
    }

    private FeatureMap block(InvertedResidual block, FeatureMap input) {
        return fuses(block, input) ? fusedBlock(block, input) : composedBlock(block, input);
    }

    private boolean fuses(InvertedResidual block, FeatureMap input) {
        Tiling tiling = Tiling.of(layout, layout.blocks(block.hidden()), input.pixels());
        if (block.expand().isEmpty()) {
            // No group reads what another has read.
            return fuses(0, 0, input, block, tiling);
        }
        FeatureMap hidden = new FeatureMap(NONE, block.hidden(), input.height, input.width);
        return fuses(bytes(input), bytes(hidden), hidden, block, tiling);
    }

    private boolean fuses(long inputBytes, long hiddenBytes, FeatureMap hidden, InvertedResidual block, Tiling tiling) {
        if (fusion != Fusion.AUTO || !lowering.canFuse(block)) {
            return fusion == Fusion.ALWAYS && lowering.canFuse(block);
        }
        FeatureMap filtered = filteredShape(block.depthwise(), hidden);
        FeatureMap output = new FeatureMap(NONE, block.outputs(), filtered.height, filtered.width);
        int groups = (tiling.channelTiles() + groupTiles(tiling) - 1) / groupTiles(tiling);
        return FusionCost.fuses(inputBytes, hiddenBytes, bytes(filtered), bytes(output), groups);
    }

    private long bytes(FeatureMap map) {
        return (long) layout.maps().bytes() * layout.padded(map.channels) * map.pixels();
    }

    /** Channel tiles of a group: what comes nearest to {@link #GROUP_CHANNELS}. */
    private int groupTiles(Tiling tiling) {
        if (!lowering.groupsHidden()) {
            return tiling.channelTiles();
        }
        return Math.max(1, Math.round((float) GROUP_CHANNELS / (tiling.vectors(0) * layout.channelBlock())));
    }

    private FeatureMap fusedBlock(InvertedResidual block, FeatureMap input) {
        FeatureMap hidden = block.expand().isEmpty()
                ? input
                : new FeatureMap(NONE, block.hidden(), input.height, input.width);
        FeatureMap output = fused(
                block.name(), block, hidden, block.residual() ? input.offset : NONE, Optional.empty(),
                block.expand().map(expand -> pointwiseLayer(expand, input, NONE, NONE)));
        arena.release(input.offset);
        return output;
    }

    private FeatureMap fused(
            String name, InvertedResidual block, FeatureMap hidden, int residual, Optional<Stem> stem,
            Optional<Pointwise> expand) {
        FeatureMap filtered = filteredShape(block.depthwise(), hidden);
        FeatureMap output = map(new FeatureMap(NONE, block.outputs(), filtered.height, filtered.width));
        Tiling tiling = stem.map(Stem::tiling)
                .or(() -> expand.map(Pointwise::tiling))
                .orElseGet(() -> Tiling.of(layout, layout.blocks(hidden.channels), hidden.pixels()));
        Depthwise depthwise = depthwiseLayer(block.depthwise(), hidden, NONE);
        Pointwise project = pointwiseLayer(block.project(), filtered, output.offset, residual);
        int most = SCRATCH_BYTES / layout.maps().bytes();
        FusedBlock step = null;
        for (int rows = filtered.height; step == null || rows > 0 && step.scratchLength() > most; rows--) {
            step = new FusedBlock(
                    name, stem, expand, depthwise, project, tiling, groupTiles(tiling), rows, layout.channelBlock());
        }
        layers.add(lowering.lower(step));
        return output;
    }

    private FeatureMap composedBlock(InvertedResidual block, FeatureMap input) {
        FeatureMap hidden = input;
        Optional<Pointwise> expand = Optional.empty();
        if (block.expand().isPresent()) {
            hidden = map(new FeatureMap(NONE, block.hidden(), input.height, input.width));
            expand = Optional.of(pointwiseLayer(block.expand().get(), input, hidden.offset, NONE));
        }
        FeatureMap filtered = map(filteredShape(block.depthwise(), hidden));
        addChannelwise(expand, lowering.lower(depthwiseLayer(block.depthwise(), hidden, filtered.offset)));
        if (hidden != input) {
            arena.release(hidden.offset);
        }
        FeatureMap output = map(new FeatureMap(NONE, block.outputs(), filtered.height, filtered.width));
        layers.add(lowering.lower(
                pointwiseLayer(block.project(), filtered, output.offset, block.residual() ? input.offset : NONE)));
        arena.release(filtered.offset);
        arena.release(input.offset);
        return output;
    }

    private Pointwise pointwiseLayer(Conv conv, FeatureMap input, int output, int residual) {
        Tiling tiling = Tiling.of(layout, layout.blocks(conv.outputs()), input.pixels());
        Lowering.Packed packed = lowering.pack(conv, Packer.identity(conv.inputs()), tiling);
        int blockStride = Math.multiplyExact(input.pixels(), layout.channelBlock());
        return new Pointwise(
                conv.name(),
                conv.inputs(),
                packed.weights(),
                packed.bias(),
                input.offset,
                blockStride,
                output,
                blockStride,
                residual,
                tiling,
                Clamp.low(lowering.clamp(conv)),
                Clamp.high(lowering.clamp(conv)),
                tiling.units(),
                conv.macs(input.height, input.width));
    }

    private static FeatureMap filteredShape(Conv depthwise, FeatureMap input) {
        return new FeatureMap(
                NONE,
                depthwise.outputs(),
                Padding.outputSize(input.height, depthwise.stride()),
                Padding.outputSize(input.width, depthwise.stride()));
    }

    private Depthwise depthwiseLayer(Conv conv, FeatureMap input, int output) {
        FeatureMap shape = filteredShape(conv, input);
        Lowering.Packed packed = lowering.packDepthwise(conv);
        int c = layout.channelBlock();
        return new Depthwise(
                conv.name(),
                layout.blocks(conv.outputs()),
                input.height,
                input.width,
                shape.height,
                shape.width,
                conv.stride(),
                conv.dilation(),
                network.padding().before(input.height, conv.kernel(), conv.stride(), conv.dilation()),
                network.padding().before(input.width, conv.kernel(), conv.stride(), conv.dilation()),
                packed.weights(),
                packed.bias(),
                input.offset,
                Math.multiplyExact(input.pixels(), c),
                output,
                Math.multiplyExact(shape.pixels(), c),
                zeros.get(lowering.zero(conv)),
                Clamp.low(lowering.clamp(conv)),
                Clamp.high(lowering.clamp(conv)),
                conv.macs(input.height, input.width));
    }

    private Dense dense(int features, int logits) {
        int inputs = network.features();
        int blocks = layout.blocks(network.classes());
        Dense shape = new Dense(
                Network.CLASSIFIER, inputs, blocks, layout.denseVectors(), 0, 0, features, logits,
                (long) inputs * network.classes());
        Lowering.Packed packed = lowering.pack(shape, network.classes());
        return new Dense(
                shape.name(), inputs, blocks, shape.vectors(), packed.weights(), packed.bias(), features, logits,
                shape.macs());
    }

    /** A place for a map of this shape. */
    private FeatureMap map(FeatureMap shape) {
        int offset = arena.take((long) layout.padded(shape.channels) * shape.height * shape.width);
        return new FeatureMap(offset, shape.channels, shape.height, shape.width);
    }
}
