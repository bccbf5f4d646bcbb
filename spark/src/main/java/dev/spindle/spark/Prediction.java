package dev.spindle.spark;

import dev.spindle.Classification;
import dev.spindle.Segmentation;
import java.util.List;

/**
 * What became of one image.
 *
 * @param classes the most probable ones, best first; null where none were asked for, or the image could not be used
 * @param features the embedding; null where it was not asked for, or the image could not be used
 * @param mask the class of each pixel; null where it was not asked for, or the image could not be used
 * @param error why the image could not be used; null where it could
 */
record Prediction(List<Classification> classes, float[] features, Segmentation mask, String error) {

    static Prediction of(List<Classification> classes, float[] features) {
        return new Prediction(classes, features, null, null);
    }

    static Prediction of(Segmentation mask) {
        return new Prediction(null, null, mask, null);
    }

    static Prediction failed(String error) {
        return new Prediction(null, null, null, error);
    }
}
