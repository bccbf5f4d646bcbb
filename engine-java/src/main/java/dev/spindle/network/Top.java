package dev.spindle.network;

import java.util.List;
import java.util.Set;

/** What stands on a network's backbone of stem and blocks, and makes its result of the backbone's maps. */
public sealed interface Top permits Classifier, DeepLab, SsdLite {

    /** How many classes it tells apart. */
    int classes();

    /** The layers inside the backbone whose maps it reads, by name. */
    default Set<String> taps() {
        return Set.of();
    }

    /** Its convolutions in execution order. */
    List<Conv> convolutions();

    /**
     * Everything in it that has weights, in execution order.
     *
     * @param channels of the backbone's last map
     * @return the convolutions, and dense layers as 1x1 convolutions
     */
    List<Conv> weighted(int channels);

    /**
     * The length of an embedding: channels of the map that is averaged for it.
     *
     * @param channels of the backbone's last map
     */
    int features(int channels);

    /**
     * Checks that it takes what a backbone gives.
     *
     * @param backbone the backbone's convolutions in execution order
     * @param height of the picture
     * @param width of the picture
     * @throws IllegalArgumentException where it does not, or where its layers do not fit one another
     */
    void requireInput(List<Conv> backbone, int height, int width);

    /**
     * Trainable parameters.
     *
     * @param channels of the backbone's last map
     */
    long parameters(int channels);

    /**
     * Multiply-accumulates for one image.
     *
     * @param backbone the backbone's convolutions in execution order
     * @param height of the picture
     * @param width of the picture
     */
    long macs(List<Conv> backbone, int height, int width);
}
