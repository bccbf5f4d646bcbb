package dev.spindle.plan;

import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Pointwise;
import dev.spindle.network.Classifier;
import dev.spindle.network.Conv;
import dev.spindle.network.Network;
import java.util.Optional;

/** Plans what classifies: the last 1x1 convolution, the average over its map, the dense layer. */
final class ClassifierPlanner {

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
        FeatureMap logits = layers.place(new FeatureMap(Network.CLASSIFIER, 1, 1, classifier.classes(), LayerPlanner.NONE));
        logits = layers.add(lowering.lower(dense(features, logits)), logits);
        return new Outputs.Classified(
                features, logits,
                new Outputs.Tail(
                        from, features.offset(), layout.padded(features.channels()), layers.arena().lengthSinceMark()));
    }

    private FeatureMap pool(FeatureMap input) {
        FeatureMap map = input;
        Optional<Pointwise> head = Optional.empty();
        if (classifier.head().isPresent()) {
            Conv conv = classifier.head().get();
            map = layers.place(LayerPlanner.shape(conv, input.height(), input.width()));
            head = Optional.of(layers.pointwise(conv, input, map.offset(), LayerPlanner.NONE));
        }
        FeatureMap features = layers.place(new FeatureMap(Network.POOL, 1, 1, map.channels(), LayerPlanner.NONE));
        FeatureMap made = layers.addChannelwise(head, map, layers.average(map, features.offset()), features);
        layers.release(map);
        if (map != input) {
            layers.release(input);
        }
        return made;
    }

    private Dense dense(FeatureMap features, FeatureMap logits) {
        int inputs = features.channels();
        int blocks = layout.blocks(classifier.classes());
        long macs = (long) inputs * classifier.classes();
        Dense shape = new Dense(
                Network.CLASSIFIER, inputs, blocks, layout.denseVectors(), 0, 0, features.offset(), logits.offset(), macs);
        Lowering.Packed packed = lowering.pack(shape, classifier.classes());
        return new Dense(
                shape.name(), inputs, blocks, shape.vectors(), packed.weights(), packed.bias(), shape.input(),
                shape.output(), macs);
    }
}
