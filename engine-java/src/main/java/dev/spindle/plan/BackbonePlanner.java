package dev.spindle.plan;

import dev.spindle.kernel.Clamp;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import java.util.Optional;

/** Plans stem and blocks, and decides which are fused. */
final class BackbonePlanner {

    /** Hidden channels that a fused block computes at a time, about. */
    private static final int GROUP_CHANNELS = 40;

    /** Most bytes of scratch that a fused block fills: a part of the second cache, beside weights, input and output. */
    private static final int SCRATCH_BYTES = 160 * 1024;

    private static final int COLOURS = 3;

    private final Network network;
    private final LayerPlanner layers;
    private final Lowering lowering;
    private final Layout layout;
    private final Fusion fusion;

    /** @param fusion {@link Fusion#NEVER} where the layout cannot */
    BackbonePlanner(Network network, LayerPlanner layers, Fusion fusion) {
        this.network = network;
        this.layers = layers;
        this.lowering = layers.lowering();
        this.layout = layers.layout();
        this.fusion = fusion;
    }

    /** Appends all layers; gives the last map. */
    FeatureMap plan(Plan.StagedInput staged) {
        int first = fusesStem() ? 1 : 0;
        FeatureMap map = first == 1 ? stemBlock(staged) : stem(staged);
        for (InvertedResidual block : network.blocks().subList(first, network.blocks().size())) {
            map = block(block, map);
        }
        return map;
    }

    /** Appends the layers of a block, and ends the life of what it reads. */
    FeatureMap block(InvertedResidual block, FeatureMap input) {
        return fuses(block, input) ? fusedBlock(block, input) : composedBlock(block, input);
    }

    /** Elements of a row of the staged picture. */
    static int stagedRow(Network network) {
        return (2 * Padding.outputSize(network.width(), 2) + 1) * COLOURS;
    }

    /** Elements of the whole staged picture. */
    static int stagedLength(Network network) {
        return Math.multiplyExact(2 * Padding.outputSize(network.height(), 2) + 1, stagedRow(network));
    }

    private FeatureMap stem(Plan.StagedInput staged) {
        FeatureMap output = layers.place(stemShape());
        return layers.add(lowering.lower(stemLayer(staged, output.offset())), output);
    }

    private FeatureMap stemShape() {
        return LayerPlanner.shape(
                network.stem(), Padding.outputSize(network.height(), 2), Padding.outputSize(network.width(), 2));
    }

    private Stem stemLayer(Plan.StagedInput staged, int output) {
        Conv conv = network.stem();
        FeatureMap shape = stemShape();
        Tiling tiling = Tiling.of(layout, layout.blocks(conv.outputs()), shape.width());
        Lowering.Packed packed = lowering.pack(conv, stemOrder(), tiling);
        return new Stem(
                conv.name(),
                packed.weights(),
                packed.bias(),
                staged.offset(),
                staged.rowStride(),
                output,
                shape.height(),
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
        if (network.blocks().isEmpty() || layers.isWanted(network.stem()) || !lowering.canFuse(network.stem())) {
            return false;
        }
        InvertedResidual block = network.blocks().getFirst();
        if (block.expand().isPresent() || block.residual()) {
            return false;
        }
        FeatureMap hidden = stemShape();
        Tiling tiling = Tiling.of(layout, layout.blocks(hidden.channels()), hidden.width());
        return fuses(0, bytes(hidden), hidden, block, tiling);
    }

    private FeatureMap stemBlock(Plan.StagedInput staged) {
        InvertedResidual block = network.blocks().getFirst();
        Stem stem = stemLayer(staged, LayerPlanner.NONE);
        return fused(
                network.stem().name() + "+" + block.name(), block, stemShape(), LayerPlanner.NONE, Optional.of(stem),
                Optional.empty());
    }

    private boolean fuses(InvertedResidual block, FeatureMap input) {
        Tiling tiling = Tiling.of(layout, layout.blocks(block.hidden()), input.pixels());
        if (block.expand().isEmpty()) {
            // No group reads what another has read.
            return fuses(0, 0, input, block, tiling);
        }
        FeatureMap hidden = LayerPlanner.shape(block.expand().get(), input.height(), input.width());
        return fuses(bytes(input), bytes(hidden), hidden, block, tiling);
    }

    private boolean fuses(long inputBytes, long hiddenBytes, FeatureMap hidden, InvertedResidual block, Tiling tiling) {
        boolean seen = layers.isWanted(block.depthwise()) || block.expand().stream().anyMatch(layers::isWanted);
        if (seen || fusion == Fusion.NEVER || !block.convolutions().stream().allMatch(lowering::canFuse)) {
            return false;
        }
        FeatureMap filtered = LayerPlanner.filteredShape(block.depthwise(), hidden);
        FeatureMap output = LayerPlanner.shape(block.project(), filtered.height(), filtered.width());
        int groups = (tiling.channelTiles() + groupTiles(tiling) - 1) / groupTiles(tiling);
        return fusion == Fusion.ALWAYS
                || FusionCost.fuses(inputBytes, hiddenBytes, bytes(filtered), bytes(output), groups);
    }

    private long bytes(FeatureMap map) {
        return (long) layout.maps().bytes() * layout.padded(map.channels()) * map.pixels();
    }

    /** Channel tiles of a group: what comes nearest to {@link #GROUP_CHANNELS}. */
    private int groupTiles(Tiling tiling) {
        if (!lowering.groupsHidden()) {
            return tiling.channelTiles();
        }
        return Math.max(1, Math.round((float) GROUP_CHANNELS / (tiling.vectors(0) * layout.channelBlock())));
    }

    private FeatureMap fusedBlock(InvertedResidual block, FeatureMap input) {
        FeatureMap hidden = block.expand()
                .map(expand -> LayerPlanner.shape(expand, input.height(), input.width()))
                .orElse(input);
        FeatureMap output = fused(
                block.name(), block, hidden, block.residual() ? input.offset() : LayerPlanner.NONE, Optional.empty(),
                block.expand().map(expand -> layers.pointwise(expand, input, LayerPlanner.NONE, LayerPlanner.NONE)));
        layers.release(input);
        return output;
    }

    private FeatureMap fused(
            String name, InvertedResidual block, FeatureMap hidden, int residual, Optional<Stem> stem,
            Optional<Pointwise> expand) {
        FeatureMap filtered = LayerPlanner.filteredShape(block.depthwise(), hidden);
        FeatureMap output = layers.place(LayerPlanner.shape(block.project(), filtered.height(), filtered.width()));
        Tiling tiling = stem.map(Stem::tiling)
                .or(() -> expand.map(Pointwise::tiling))
                .orElseGet(() -> Tiling.of(layout, layout.blocks(hidden.channels()), hidden.pixels()));
        Depthwise depthwise = layers.depthwise(block.depthwise(), hidden, LayerPlanner.NONE);
        Pointwise project = layers.pointwise(block.project(), filtered, output.offset(), residual);
        int most = SCRATCH_BYTES / layout.maps().bytes();
        FusedBlock step = null;
        for (int rows = filtered.height(); step == null || rows > 0 && step.scratchLength() > most; rows--) {
            step = new FusedBlock(
                    name, stem, expand, depthwise, project, tiling, groupTiles(tiling), rows, layout.channelBlock());
        }
        return layers.add(lowering.lower(step), output);
    }

    private FeatureMap composedBlock(InvertedResidual block, FeatureMap input) {
        FeatureMap hidden = input;
        Optional<Pointwise> expand = Optional.empty();
        if (block.expand().isPresent()) {
            hidden = layers.place(LayerPlanner.shape(block.expand().get(), input.height(), input.width()));
            expand = Optional.of(layers.pointwise(block.expand().get(), input, hidden.offset(), LayerPlanner.NONE));
        }
        FeatureMap filtered = layers.place(LayerPlanner.filteredShape(block.depthwise(), hidden));
        layers.addChannelwise(
                expand, hidden, lowering.lower(layers.depthwise(block.depthwise(), hidden, filtered.offset())), filtered);
        if (hidden != input) {
            layers.release(hidden);
        }
        FeatureMap output = layers.place(LayerPlanner.shape(block.project(), filtered.height(), filtered.width()));
        FeatureMap made = layers.add(
                layers.pointwise(
                        block.project(), filtered, output.offset(), block.residual() ? input.offset() : LayerPlanner.NONE),
                output);
        layers.release(filtered);
        layers.release(input);
        return made;
    }
}
