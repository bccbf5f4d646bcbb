package dev.spindle.plan;

import dev.spindle.kernel.Broadcast;
import dev.spindle.kernel.ByteMapping;
import dev.spindle.kernel.Layout;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.Network;
import java.util.Arrays;
import java.util.Optional;

/**
 * Plans a segmentation head up to its logits. The two branches write side by side into one map, each in channel blocks of its
 * own: joining them costs nothing, and the projection has no weights for the lanes that are left over.
 */
final class DeepLabPlanner {

    private static final String CONCATENATION = "concatenation";

    private final DeepLab top;
    private final LayerPlanner layers;
    private final Lowering lowering;
    private final Layout layout;

    DeepLabPlanner(DeepLab top, LayerPlanner layers) {
        this.top = top;
        this.layers = layers;
        this.lowering = layers.lowering();
        this.layout = layers.layout();
    }

    /** Appends all layers behind the backbone's last map. */
    Outputs.Segmented plan(FeatureMap last) {
        FeatureMap features = layers.place(new FeatureMap(Network.POOL, 1, 1, last.channels(), LayerPlanner.NONE));
        features = layers.add(layers.average(last, features.offset()), features);
        Conv first = top.pooledFirst() ? top.imagePooling() : top.aspp();
        Conv second = top.pooledFirst() ? top.aspp() : top.imagePooling();
        int channels = layout.padded(first.outputs()) + second.outputs();
        FeatureMap joined = layers.place(
                new FeatureMap(CONCATENATION, last.height(), last.width(), channels, LayerPlanner.NONE));
        int secondOffset = joined.offset() + layout.padded(first.outputs()) * joined.pixels();
        planPooling(features, LayerPlanner.shape(top.imagePooling(), joined.height(), joined.width())
                .at(top.pooledFirst() ? joined.offset() : secondOffset));
        planPixels(last, LayerPlanner.shape(top.aspp(), joined.height(), joined.width())
                .at(top.pooledFirst() ? secondOffset : joined.offset()));
        layers.release(last);
        FeatureMap projected = layers.place(LayerPlanner.shape(top.projection(), joined.height(), joined.width()));
        projected = layers.add(
                layers.pointwise(top.projection(), order(first, second), joined, projected.offset(), LayerPlanner.NONE),
                projected);
        layers.release(joined);
        FeatureMap logits = layers.place(LayerPlanner.shape(top.logits(), joined.height(), joined.width()));
        logits = layers.add(layers.pointwise(top.logits(), projected, logits.offset(), LayerPlanner.NONE), logits);
        layers.release(projected);
        return new Outputs.Segmented(features, logits);
    }

    /** Where the projection's weights for each lane of the joined map stand. */
    private int[] order(Conv first, Conv second) {
        int[] order = new int[layout.padded(first.outputs()) + second.outputs()];
        Arrays.fill(order, Packer.FILL);
        for (int i = 0; i < first.outputs(); i++) {
            order[i] = i;
        }
        for (int i = 0; i < second.outputs(); i++) {
            order[layout.padded(first.outputs()) + i] = first.outputs() + i;
        }
        return order;
    }

    /** The average's branch: one pixel, which then stands for all. */
    private void planPooling(FeatureMap features, FeatureMap part) {
        Conv conv = top.imagePooling();
        FeatureMap pixel = layers.place(LayerPlanner.shape(conv, 1, 1));
        pixel = layers.add(layers.pointwise(conv, features, pixel.offset(), LayerPlanner.NONE), pixel);
        pixel = rescaled(pixel);
        int blocks = layout.blocks(conv.outputs());
        Broadcast broadcast = new Broadcast(
                conv.name() + ".resize", blocks, layout.channelBlock(), part.pixels(), pixel.offset(), part.offset());
        layers.add(broadcast, new FeatureMap(
                broadcast.name(), part.height(), part.width(), part.channels(), part.offset(), pixel.quantisation()));
        layers.release(pixel);
    }

    private void planPixels(FeatureMap last, FeatureMap part) {
        rescaled(layers.add(layers.pointwise(top.aspp(), last, part.offset(), LayerPlanner.NONE), part));
    }

    /** A branch as it is joined. */
    private FeatureMap rescaled(FeatureMap branch) {
        Optional<ByteMapping> mapping = lowering.rescaled(branch);
        if (mapping.isEmpty()) {
            return branch;
        }
        return layers.add(mapping.get(), new FeatureMap(
                mapping.get().name(), branch.height(), branch.width(), branch.channels(), branch.offset(),
                lowering.joined()));
    }
}
