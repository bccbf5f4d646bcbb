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
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import java.util.Optional;

/** Plans of fp32: batch normalisation is folded, and shapes are the layers themselves. */
final class FloatLowering implements Lowering {

    private final Weights weights;
    private final Packer packer;

    FloatLowering(Weights weights, Layout layout) {
        this.weights = weights;
        this.packer = new Packer(layout);
    }

    private Folded folded(String name, int outputs) {
        return Folded.of(weights.layer(name), outputs);
    }

    @Override
    public Packed pack(Conv conv, int[] order, Tiling tiling) {
        Folded folded = folded(conv.name(), conv.outputs());
        return new Packed(packer.matrix(folded.kernel(), conv.outputs(), order, tiling), packer.bias(folded.bias()));
    }

    @Override
    public Packed packDepthwise(Conv conv) {
        Folded folded = folded(conv.name(), conv.outputs());
        return new Packed(packer.depthwise(folded.kernel(), conv.outputs()), packer.bias(folded.bias()));
    }

    @Override
    public Packed pack(Dense shape, int outputs) {
        Folded folded = folded(shape.name(), outputs);
        return new Packed(
                packer.dense(folded.kernel(), outputs, shape.inputs(), shape), packer.bias(folded.bias(), shape.blocks()));
    }

    @Override
    public Memory weights() {
        return packer.pack();
    }

    @Override
    public int zero(Conv conv) {
        return 0;
    }

    @Override
    public Activation clamp(Conv conv) {
        return conv.activation();
    }

    @Override
    public boolean canFuse(Conv conv) {
        return true;
    }

    @Override
    public boolean groupsHidden() {
        return true;
    }

    @Override
    public Optional<ByteMapping> rescaled(FeatureMap branch) {
        return Optional.empty();
    }

    @Override
    public Optional<Quantisation> joined() {
        return Optional.empty();
    }

    @Override
    public Layer lower(Stem shape) {
        return shape;
    }

    @Override
    public ChannelTiled lower(Pointwise shape) {
        return shape;
    }

    @Override
    public Channelwise lower(Depthwise shape) {
        return shape;
    }

    @Override
    public Average lower(GlobalAverage shape) {
        return shape;
    }

    @Override
    public Layer lower(Dense shape) {
        return shape;
    }

    @Override
    public Layer lower(FusedBlock shape) {
        return shape;
    }
}
