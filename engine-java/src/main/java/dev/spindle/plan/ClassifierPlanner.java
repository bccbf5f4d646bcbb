package dev.spindle.plan;

import dev.spindle.kernel.Average;
import dev.spindle.kernel.ChannelTiled;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.PooledPointwise;
import dev.spindle.kernel.Tiling;
import dev.spindle.network.Classifier;
import dev.spindle.network.Conv;
import dev.spindle.network.Network;

/** Plans what classifies: the last 1x1 convolution, the average over its map, the dense layer. */
final class ClassifierPlanner {

    /** Most bytes of a map that stand in scratch at a time to be pooled, of more than one channel tile. */
    private static final int POOLED_BYTES = 40 * 1024;

    private final Classifier classifier;
    private final LayerPlanner layers;
    private final Lowering lowering;
    private final Layout layout;

    ClassifierPlanner(Classifier classifier, LayerPlanner layers) {
        this.classifier = classifier;
        this.layers = layers;
        this.lowering = layers.lowering();
        this.layout = layers.layout();
    }

    /** Appends all layers behind the backbone's last map. */
    Outputs.Classified plan(FeatureMap last) {
        FeatureMap features = pool(last);
        layers.arena().mark();
        int from = layers.layers().size();
        int blocks = outputBlocks();
        FeatureMap logits = layers.place(
                new FeatureMap(Network.CLASSIFIER, 1, 1, classifier.classes(), LayerPlanner.NONE), blocks);
        logits = layers.add(lowering.lower(dense(features, logits, blocks)), logits);
        return new Outputs.Classified(
                features, logits,
                new Outputs.Tail(
                        from, features.offset(), layout.padded(features.channels()), layers.arena().lengthSinceMark()));
    }

    private FeatureMap pool(FeatureMap last) {
        if (classifier.head().isEmpty()) {
            return average(last);
        }
        Conv conv = classifier.head().get();
        FeatureMap map = LayerPlanner.shape(conv, last.height(), last.width());
        if (layers.keepsLayersApart() || layers.isWanted(conv)) {
            map = layers.place(map);
            map = layers.add(layers.pointwise(conv, last, map.offset(), LayerPlanner.NONE), map);
            layers.release(last);
            return average(map);
        }
        FeatureMap features = layers.place(pooled(map));
        ChannelTiled head = lowering.lower(layers.pointwise(conv, last, map.offset(), LayerPlanner.NONE));
        Average average = layers.average(map, features.offset());
        features = layers.add(new PooledPointwise(head, average, pooledTiles(head.tiling())), features);
        layers.release(last);
        return features;
    }

    private FeatureMap average(FeatureMap map) {
        FeatureMap features = layers.place(pooled(map));
        features = layers.add(layers.average(map, features.offset()), features);
        layers.release(map);
        return features;
    }

    private static FeatureMap pooled(FeatureMap map) {
        return new FeatureMap(Network.POOL, 1, 1, map.channels(), LayerPlanner.NONE);
    }

    /** Channel tiles of a map that are pooled at a time. */
    private int pooledTiles(Tiling tiling) {
        long tile = (long) layout.maps().bytes() * tiling.vectors(0) * layout.channelBlock() * tiling.pixels();
        return Math.max(1, (int) (POOLED_BYTES / tile));
    }

    /**
     * Channel blocks of the classes; where they take more than one tile, of whole tiles: narrower ones at the end would be as
     * slow, and each width is code of its own that the JVM has to compile.
     */
    private int outputBlocks() {
        int blocks = layout.blocks(classifier.classes());
        int tile = layout.denseVectors();
        boolean whole = layout.weights() == Memory.Element.FLOAT && blocks > tile;
        return whole ? Math.ceilDiv(blocks, tile) * tile : blocks;
    }

    private Dense dense(FeatureMap features, FeatureMap logits, int blocks) {
        int inputs = features.channels();
        long macs = (long) inputs * classifier.classes();
        Dense shape = new Dense(
                Network.CLASSIFIER, inputs, blocks, layout.denseVectors(), 0, 0, features.offset(), logits.offset(), macs);
        Lowering.Packed packed = lowering.pack(shape, classifier.classes());
        return new Dense(
                shape.name(), inputs, blocks, shape.vectors(), packed.weights(), packed.bias(), shape.input(),
                shape.output(), macs);
    }
}
