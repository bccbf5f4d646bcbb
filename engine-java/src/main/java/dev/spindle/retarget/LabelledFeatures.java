package dev.spindle.retarget;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * What a head is trained on.
 *
 * @param features one array a picture, all of the same length, as {@link dev.spindle.Model#embed} gives them; not copied
 * @param labels the class of each picture, from 0
 * @param classes how many there are, at least 2, each with at least 2 pictures
 */
public record LabelledFeatures(List<float[]> features, int[] labels, int classes) {

    /** Checks the fields against one another. */
    public LabelledFeatures {
        features = List.copyOf(features);
        Objects.requireNonNull(labels, "labels");
        if (labels.length != features.size()) {
            throw new IllegalArgumentException(features.size() + " pictures, but " + labels.length + " labels");
        }
        if (classes < 2) {
            throw new IllegalArgumentException(classes + " classes, expected at least 2");
        }
        int[] counts = new int[classes];
        for (int label : labels) {
            counts[Objects.checkIndex(label, classes)]++;
        }
        for (int label = 0; label < classes; label++) {
            if (counts[label] < 2) {
                throw new IllegalArgumentException(
                        "class " + label + ": expected at least 2 pictures, found " + counts[label]);
            }
        }
        int length = features.getFirst().length;
        for (int i = 0; i < labels.length; i++) {
            if (features.get(i).length != length) {
                throw new IllegalArgumentException(
                        "picture " + i + ": " + features.get(i).length + " features, expected " + length);
            }
            for (float value : features.get(i)) {
                if (!Float.isFinite(value)) {
                    throw new IllegalArgumentException("picture " + i + ": expected finite features, found " + value);
                }
            }
        }
    }

    /** How many pictures there are. */
    public int count() {
        return labels.length;
    }

    /** Features of a picture. */
    int length() {
        return features.getFirst().length;
    }

    /** The mean of each feature. */
    double[] mean() {
        double[] mean = new double[length()];
        for (float[] values : features) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += values[i];
            }
        }
        for (int i = 0; i < mean.length; i++) {
            mean[i] /= count();
        }
        return mean;
    }

    /** The root of the mean square distance from the mean; 1 where all are the same. */
    double spread(double[] mean) {
        double sum = 0;
        for (float[] values : features) {
            for (int i = 0; i < mean.length; i++) {
                sum += (values[i] - mean[i]) * (values[i] - mean[i]);
            }
        }
        return sum == 0 ? 1 : Math.sqrt(sum / count());
    }

    /** The pictures of a class, in order. */
    int[] members(int label) {
        return IntStream.range(0, count()).filter(i -> labels[i] == label).toArray();
    }
}
