package dev.spindle.plan;

import dev.spindle.kernel.Average;
import dev.spindle.kernel.ChannelTiled;
import dev.spindle.kernel.Channelwise;
import dev.spindle.kernel.ChannelwisePair;
import dev.spindle.kernel.Clamp;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Pointwise;
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
import java.util.Set;

/**
 * Plans single layers, gives their maps a place, and lines them up: what the planners of backbone and tops have in common.
 * What numbers are is the {@link Lowering}'s.
 */
final class LayerPlanner {

    /** Stands for a place that a layer does not have. */
    static final int NONE = -1;

    private final Network network;
    private final Lowering lowering;
    private final Layout layout;
    private final Fusion fusion;
    private final Set<String> wanted;
    private final Arena arena;
    private final List<Layer> layers = new ArrayList<>();
    private final List<FeatureMap> maps = new ArrayList<>();
    private final Map<String, FeatureMap> kept = new LinkedHashMap<>();
    /** Rows of zeros of the maps that depthwise convolutions read, by the element that stands for 0. */
    private final Map<Integer, Integer> zeros = new LinkedHashMap<>();

    /** @param wanted the layers whose maps stay */
    LayerPlanner(Network network, Lowering lowering, Layout layout, Fusion fusion, Set<String> wanted) {
        this.network = network;
        this.lowering = lowering;
        this.layout = layout;
        this.fusion = fusion;
        this.wanted = wanted;
        this.arena = new Arena(layout);
    }

    Lowering lowering() {
        return lowering;
    }

    Layout layout() {
        return layout;
    }

    Arena arena() {
        return arena;
    }

    /** All layers so far. */
    List<Layer> layers() {
        return layers;
    }

    /** What each of them makes. */
    List<FeatureMap> maps() {
        return maps;
    }

    /** The maps that stay, by the layers that make them. */
    Map<String, FeatureMap> kept() {
        return kept;
    }

    /** Whether the map of a layer has to stand in memory once that has run. */
    boolean isWanted(Conv conv) {
        return wanted.contains(conv.name());
    }

    /** Whether no two layers become one. */
    boolean keepsLayersApart() {
        return fusion == Fusion.NEVER;
    }

    /** Reserves the rows of zeros that the depthwise convolutions of some blocks read; gives what has to be filled in. */
    List<Plan.Fill> planZeros(List<InvertedResidual> blocks, int longest) {
        List<Plan.Fill> fills = new ArrayList<>();
        int length = longest * layout.channelBlock();
        for (InvertedResidual block : blocks) {
            int zero = lowering.zero(block.depthwise());
            if (!zeros.containsKey(zero)) {
                zeros.put(zero, arena.take(length));
                fills.add(new Plan.Fill(zeros.get(zero), length, zero));
            }
        }
        return fills;
    }

    /** A map without a place. */
    static FeatureMap shape(Conv conv, int height, int width) {
        return new FeatureMap(conv.name(), height, width, conv.outputs(), NONE);
    }

    /** What a depthwise convolution makes of a map, without a place. */
    static FeatureMap filteredShape(Conv depthwise, FeatureMap input) {
        return shape(
                depthwise,
                Padding.outputSize(input.height(), depthwise.stride()),
                Padding.outputSize(input.width(), depthwise.stride()));
    }

    /** A place for a map of this shape. */
    FeatureMap place(FeatureMap shape) {
        return place(shape, layout.blocks(shape.channels()));
    }

    /** The same with room for so many channel blocks. */
    FeatureMap place(FeatureMap shape, int blocks) {
        return shape.at(arena.take((long) blocks * layout.channelBlock() * shape.pixels()));
    }

    /** Ends the life of a map, unless it is to stay. */
    void release(FeatureMap map) {
        if (!wanted.contains(map.name())) {
            arena.release(map.offset());
        }
    }

    /** Appends a layer. */
    FeatureMap add(Layer layer, FeatureMap output) {
        FeatureMap made = output.madeBy(layer);
        layers.add(layer);
        maps.add(made);
        if (wanted.contains(made.name())) {
            kept.put(made.name(), made);
        }
        return made;
    }

    /** Appends a 1x1 convolution. */
    FeatureMap add(Pointwise layer, FeatureMap output) {
        return add(lowering.lower(layer), output);
    }

    /**
     * Appends a layer that works channel by channel, paired with the 1x1 convolution before it, where there is one whose map is
     * not wanted by itself: it may be the last one.
     */
    FeatureMap addChannelwise(Optional<Pointwise> before, FeatureMap between, Channelwise layer, FeatureMap output) {
        if (before.isEmpty()) {
            return add(layer, output);
        }
        ChannelTiled first = lowering.lower(before.get());
        if (keepsLayersApart() || wanted.contains(between.name())) {
            add(first, between);
            return add(layer, output);
        }
        return add(new ChannelwisePair(first, layer), output);
    }

    Pointwise pointwise(Conv conv, FeatureMap input, int output, int residual) {
        return pointwise(conv, Packer.identity(conv.inputs()), input, output, residual);
    }

    /** @param order which input channel of the convolution each lane of the map is, or {@link Packer#FILL} */
    Pointwise pointwise(Conv conv, int[] order, FeatureMap input, int output, int residual) {
        Tiling tiling = Tiling.of(layout, layout.blocks(conv.outputs()), input.pixels());
        Lowering.Packed packed = lowering.pack(conv, order, tiling);
        int blockStride = Math.multiplyExact(input.pixels(), layout.channelBlock());
        return new Pointwise(
                conv.name(),
                order.length,
                packed.weights(),
                packed.bias(),
                input.offset(),
                blockStride,
                output,
                blockStride,
                residual,
                tiling,
                Clamp.low(lowering.clamp(conv)),
                Clamp.high(lowering.clamp(conv)),
                tiling.units(),
                conv.macs(input.height(), input.width()));
    }

    Depthwise depthwise(Conv conv, FeatureMap input, int output) {
        FeatureMap shape = filteredShape(conv, input);
        Lowering.Packed packed = lowering.packDepthwise(conv);
        int c = layout.channelBlock();
        return new Depthwise(
                conv.name(),
                layout.blocks(conv.outputs()),
                input.height(),
                input.width(),
                shape.height(),
                shape.width(),
                conv.stride(),
                conv.dilation(),
                network.padding().before(input.height(), conv.kernel(), conv.stride(), conv.dilation()),
                network.padding().before(input.width(), conv.kernel(), conv.stride(), conv.dilation()),
                packed.weights(),
                packed.bias(),
                input.offset(),
                Math.multiplyExact(input.pixels(), c),
                output,
                Math.multiplyExact(shape.pixels(), c),
                zeros.get(lowering.zero(conv)),
                Clamp.low(lowering.clamp(conv)),
                Clamp.high(lowering.clamp(conv)),
                conv.macs(input.height(), input.width()));
    }

    /** The average of all pixels of a map. */
    Average average(FeatureMap input, int output) {
        return lowering.lower(new GlobalAverage(
                Network.POOL, layout.blocks(input.channels()), input.pixels(), input.offset(), output));
    }
}
