package dev.spindle.spark;

import java.io.Serializable;

/**
 * What is to be known of images.
 *
 * @param source what messages call an image: the column that it comes from
 * @param classes how many classes are wanted, the most probable ones; 0 where none are
 * @param features whether the embedding is wanted
 * @param mask whether the class of each pixel is wanted, of a segmentation network, which has nothing of the others
 */
record Request(String source, int classes, boolean features, boolean mask) implements Serializable {}
