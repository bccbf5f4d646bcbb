package dev.spindle.plan;

import java.util.List;

/** What the top of a network leaves in a session's memory. */
public sealed interface Outputs {

    /**
     * What a classifier leaves.
     *
     * @param features the pooled features
     * @param logits of the classes
     * @param tail the last layers, which images of a batch go through together
     */
    record Classified(FeatureMap features, FeatureMap logits, Tail tail) implements Outputs {}

    /**
     * What a segmentation head leaves.
     *
     * @param features the average over the backbone's last map
     * @param logits of the classes, before they are enlarged
     */
    record Segmented(FeatureMap features, FeatureMap logits) implements Outputs {}

    /**
     * What a detector leaves.
     *
     * @param boxes the box predictions of each map, the finest first
     * @param classes the class predictions of each map
     */
    record Detected(List<FeatureMap> boxes, List<FeatureMap> classes) implements Outputs {

        /** Copies the lists. */
        public Detected {
            boxes = List.copyOf(boxes);
            classes = List.copyOf(classes);
        }
    }

    /**
     * The classifier, whose weights are many and whose activations are few: the images of a batch go through it together,
     * each in a memory of its own, panel of weights by panel. Offsets are the same as in the memory of one image, and no
     * scratch is needed.
     *
     * @param from index of its first layer
     * @param input offset of what it reads from the layers before
     * @param inputLength how many elements that are, lanes past the last channel included
     * @param length elements that each image needs, behind the memory's origin
     */
    record Tail(int from, int input, int inputLength, int length) {}
}
