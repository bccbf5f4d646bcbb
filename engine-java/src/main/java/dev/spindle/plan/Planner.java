package dev.spindle.plan;

import dev.spindle.kernel.Clamp;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import java.util.ArrayList;
import java.util.List;

/** Turns a network and its weights into a {@link Plan} for one kernel's layout. */
public final class Planner {

    private static final int COLOURS = 3;

    private final Network network;
    private final Weights weights;
    private final Layout layout;
    private final Packer packer;
    private final Arena arena;
    private final List<Layer> layers = new ArrayList<>();
    private int zeros;

    private Planner(Network network, Weights weights, Layout layout) {
        this.network = network;
        this.weights = weights;
        this.layout = layout;
        this.packer = new Packer(layout);
        this.arena = new Arena(layout.memory());
    }

    /** A map on its way through the network: {@code [blocks(channels)][height * width][c]}. */
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
        try {
            return new Planner(network, weights, layout).build();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("a network of " + network.height() + "x" + network.width()
                    + " pixels and " + network.parameters() + " parameters needs more than 2^31 floats", e);
        }
    }

    private Plan build() {
        zeros = arena.take(zeroFloats());
        Plan.StagedInput staged = stageInput();
        FeatureMap map = stem(staged);
        for (InvertedResidual block : network.blocks()) {
            map = block(block, map);
        }
        if (network.head().isPresent()) {
            map = pointwise(network.head().get(), map, -1);
        }
        int features = arena.take(layout.padded(map.channels));
        layers.add(new GlobalAverage("pool", layout.blocks(map.channels), map.pixels(), map.offset, features));
        arena.release(map.offset);
        int logits = arena.take(layout.padded(network.classes()));
        layers.add(dense(features, logits));
        Memory memory = Memory.allocate(layout.memory(), packer.length());
        packer.into(memory);
        return new Plan(network, layout, memory, layers, arena.length(), staged, features, logits);
    }

    /** A row of the widest map that a depthwise convolution reads. */
    private long zeroFloats() {
        return (long) Padding.outputSize(network.width(), network.stem().stride()) * layout.channelBlock();
    }

    private Plan.StagedInput stageInput() {
        Conv stem = network.stem();
        if (stem.stride() != 2) {
            throw new IllegalArgumentException("stem of stride " + stem.stride() + ", expected 2");
        }
        int rows = 2 * Padding.outputSize(network.height(), 2) + 1;
        int rowStride = (2 * Padding.outputSize(network.width(), 2) + 1) * COLOURS;
        int top = network.padding().before(network.height(), stem.kernel(), stem.stride(), 1);
        int left = network.padding().before(network.width(), stem.kernel(), stem.stride(), 1);
        return new Plan.StagedInput(arena.take((long) rows * rowStride), rowStride, top, left);
    }

    private FeatureMap stem(Plan.StagedInput staged) {
        Conv conv = network.stem();
        int height = Padding.outputSize(network.height(), 2);
        int width = Padding.outputSize(network.width(), 2);
        FeatureMap output = map(conv.outputs(), height, width);
        Tiling tiling = Tiling.of(layout, layout.blocks(conv.outputs()), width);
        Folded folded = Folded.of(weights.layer(conv.name()), conv.outputs());
        layers.add(new Stem(
                conv.name(),
                packer.matrix(folded.kernel(), conv.outputs(), stemOrder(), tiling),
                packer.bias(folded.bias()),
                staged.offset(),
                staged.rowStride(),
                output.offset,
                height,
                tiling,
                Clamp.low(conv.activation()),
                Clamp.high(conv.activation()),
                conv.macs(network.height(), network.width())));
        return output;
    }

    /** The stem's input runs row, column, colour; its kernel is stored colour, row, column. */
    private static int[] stemOrder() {
        int[] order = new int[Stem.K];
        for (int i = 0; i < Stem.K; i++) {
            order[i] = i % COLOURS * Depthwise.TAPS + i / COLOURS;
        }
        return order;
    }

    private FeatureMap block(InvertedResidual block, FeatureMap input) {
        FeatureMap hidden = block.expand().isPresent() ? pointwise(block.expand().get(), input, -1, block.residual()) : input;
        boolean keepsInput = block.residual() && hidden == input;
        FeatureMap filtered = depthwise(block.depthwise(), hidden, keepsInput);
        FeatureMap output = pointwise(block.project(), filtered, block.residual() ? input.offset : -1);
        if (block.residual()) {
            arena.release(input.offset);
        }
        return output;
    }

    private FeatureMap pointwise(Conv conv, FeatureMap input, int residual) {
        return pointwise(conv, input, residual, false);
    }

    private FeatureMap pointwise(Conv conv, FeatureMap input, int residual, boolean keepsInput) {
        FeatureMap output = map(conv.outputs(), input.height, input.width);
        Tiling tiling = Tiling.of(layout, layout.blocks(conv.outputs()), input.pixels());
        Folded folded = Folded.of(weights.layer(conv.name()), conv.outputs());
        int blockStride = Math.multiplyExact(input.pixels(), layout.channelBlock());
        layers.add(new Pointwise(
                conv.name(),
                conv.inputs(),
                packer.matrix(folded.kernel(), conv.outputs(), Packer.identity(conv.inputs()), tiling),
                packer.bias(folded.bias()),
                input.offset,
                blockStride,
                output.offset,
                blockStride,
                residual,
                tiling,
                Clamp.low(conv.activation()),
                Clamp.high(conv.activation()),
                tiling.units(),
                conv.macs(input.height, input.width)));
        if (!keepsInput) {
            arena.release(input.offset);
        }
        return output;
    }

    private FeatureMap depthwise(Conv conv, FeatureMap input, boolean keepsInput) {
        FeatureMap output = map(
                conv.outputs(),
                Padding.outputSize(input.height, conv.stride()),
                Padding.outputSize(input.width, conv.stride()));
        Folded folded = Folded.of(weights.layer(conv.name()), conv.outputs());
        int c = layout.channelBlock();
        layers.add(new Depthwise(
                conv.name(),
                layout.blocks(conv.outputs()),
                input.height,
                input.width,
                output.height,
                output.width,
                conv.stride(),
                conv.dilation(),
                network.padding().before(input.height, conv.kernel(), conv.stride(), conv.dilation()),
                network.padding().before(input.width, conv.kernel(), conv.stride(), conv.dilation()),
                packer.depthwise(folded.kernel(), conv.outputs()),
                packer.bias(folded.bias()),
                input.offset,
                input.pixels() * c,
                output.offset,
                output.pixels() * c,
                zeros,
                Clamp.low(conv.activation()),
                Clamp.high(conv.activation()),
                conv.macs(input.height, input.width)));
        if (!keepsInput) {
            arena.release(input.offset);
        }
        return output;
    }

    private Dense dense(int features, int logits) {
        Folded folded = Folded.of(weights.layer(Network.CLASSIFIER), network.classes());
        int inputs = network.features();
        int blocks = layout.blocks(network.classes());
        Dense shape = new Dense(
                Network.CLASSIFIER, inputs, blocks, layout.denseVectors(), 0, 0, features, logits,
                (long) inputs * network.classes());
        return new Dense(
                shape.name(), inputs, blocks, shape.vectors(),
                packer.dense(folded.kernel(), network.classes(), inputs, shape),
                packer.bias(folded.bias()), features, logits, shape.macs());
    }

    private FeatureMap map(int channels, int height, int width) {
        int offset = arena.take((long) layout.padded(channels) * height * width);
        return new FeatureMap(offset, channels, height, width);
    }
}
