package dev.spindle.spark;

import java.io.Serializable;

/**
 * What is to be known of images.
 *
 * @param source what messages call an image: the column that it comes from
 * @param classes how many classes are wanted, the most probable ones; 0 where none are
 * @param features whether the embedding is wanted
 */
record Request(String source, int classes, boolean features) implements Serializable {}
