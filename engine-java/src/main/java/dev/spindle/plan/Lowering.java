package dev.spindle.plan;

import dev.spindle.kernel.Average;
import dev.spindle.kernel.ByteMapping;
import dev.spindle.kernel.ChannelTiled;
import dev.spindle.kernel.Channelwise;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import java.util.Optional;

/**
 * What a plan's numbers are: packs weights, and makes of a layer's shape the layer that computes with them. Where maps stand
 * and how work is cut is the {@link Planner}'s.
 */
interface Lowering {

    /**
     * Where a layer's packed weights stand.
     *
     * @param weights offset of the kernel
     * @param bias offset of the bias, or of what there is in its place
     */
    record Packed(int weights, int bias) {}

    /**
     * Reserves room for the stem or a 1x1 convolution.
     *
     * @param order which element of an output's kernel each input takes, or {@link Packer#FILL}
     */
    Packed pack(Conv conv, int[] order, Tiling tiling);

    /** Reserves room for a depthwise convolution. */
    Packed packDepthwise(Conv conv);

    /** Reserves room for a dense layer, whose own offsets do not count. */
    Packed pack(Dense shape, int outputs);

    /** New memory with all weights. */
    Memory weights();

    /** The element that stands for 0 in the map that a convolution reads. */
    int zero(Conv conv);

    /** What the clamp of a convolution's shape has to do. */
    Activation clamp(Conv conv);

    /** Whether a convolution can be part of a fused block. */
    boolean canFuse(Conv conv);

    /** Whether a fused block takes its hidden channels in groups, whose sums wait in the output. */
    boolean groupsHidden();

    /** What turns the bytes of a branch into those of the map that it is joined to; empty where they are the same. */
    Optional<ByteMapping> rescaled(FeatureMap branch);

    /** What the bytes of joined branches stand for; empty in fp32. */
    Optional<Quantisation> joined();

    /** The stem of this shape. */
    Layer lower(Stem shape);

    /** The 1x1 convolution of this shape. */
    ChannelTiled lower(Pointwise shape);

    /** The depthwise convolution of this shape. */
    Channelwise lower(Depthwise shape);

    /** The average of this shape. */
    Average lower(GlobalAverage shape);

    /** The dense layer of this shape. */
    Layer lower(Dense shape);

    /** The fused block of this shape. */
    Layer lower(FusedBlock shape);
}
