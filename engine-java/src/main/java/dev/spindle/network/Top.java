package dev.spindle.network;

import java.util.List;

/** What stands on a network's backbone of stem and blocks, and makes its result of the backbone's maps. */
public sealed interface Top permits Classifier, DeepLab {

    /** How many classes it tells apart. */
    int classes();

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
     * @param channels of the backbone's last map
     * @throws IllegalArgumentException where it does not, or where its layers do not fit one another
     */
    void requireInput(int channels);

    /**
     * Trainable parameters.
     *
     * @param channels of the backbone's last map
     */
    long parameters(int channels);

    /**
     * Multiply-accumulates for one image.
     *
     * @param channels of the backbone's last map
     * @param height of that map
     * @param width of that map
     */
    long macs(int channels, int height, int width);
}
