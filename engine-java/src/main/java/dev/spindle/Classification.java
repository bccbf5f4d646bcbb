package dev.spindle;

/**
 * One class of a picture.
 *
 * @param index the class, from 0, in the order of the network's outputs
 * @param label its name; {@code class N} where the model has no labels
 * @param probability after softmax, 0 to 1
 */
public record Classification(int index, String label, float probability) {}
