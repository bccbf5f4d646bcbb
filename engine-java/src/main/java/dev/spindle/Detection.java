package dev.spindle;

import dev.spindle.detection.Box;
import java.util.Objects;

/**
 * One thing on a picture.
 *
 * @param index its class, from 0, in the order of the network's outputs, the background not counted
 * @param label the class's name; {@code class N} where the model has no labels
 * @param score how sure the network is, 0 to 1
 * @param box where it is, in pixels of the picture, whose left upper corner is (0, 0)
 */
public record Detection(int index, String label, float score, Box box) {

    /** Checks that nothing is null. */
    public Detection {
        Objects.requireNonNull(label, "label");
        Objects.requireNonNull(box, "box");
    }
}
