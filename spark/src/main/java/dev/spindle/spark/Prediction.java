package dev.spindle.spark;

import dev.spindle.Classification;
import java.util.List;

/**
 * What became of one image.
 *
 * @param classes the most probable ones, best first; null where none were asked for, or the image could not be used
 * @param features the embedding; null where it was not asked for, or the image could not be used
 * @param error why the image could not be used; null where it could
 */
record Prediction(List<Classification> classes, float[] features, String error) {

    static Prediction failed(String error) {
        return new Prediction(null, null, error);
    }
}
