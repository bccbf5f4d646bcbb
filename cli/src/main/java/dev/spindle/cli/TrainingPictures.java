package dev.spindle.cli;

import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.retarget.LabelledFeatures;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Labelled pictures as a head sees them.
 *
 * @param features one array a picture that could be used
 * @param labels the classes, and how many such pictures each has
 * @param failed the others
 */
record TrainingPictures(LabelledFeatures features, List<Label> labels, List<FailedPictures.Failed> failed) {

    /** A class. */
    record Label(String label, int pictures) {}

    /**
     * Runs pictures through a network.
     *
     * @param folder where they are, for messages
     * @param classes the pictures of each class
     * @param name what reports call the model
     * @param model the network
     * @param err receives progress and reports
     * @throws InvalidInputException where a class has less than two pictures that can be used, or features are not finite
     */
    static TrainingPictures read(
            Path folder, Map<String, List<Path>> classes, String name, Model model, PrintWriter err) {
        List<Path> files = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        classes.values().forEach(pictures -> {
            int label = files.isEmpty() ? 0 : labels.getLast() + 1;
            for (Path picture : pictures) {
                files.add(picture);
                labels.add(label);
            }
        });
        Heap.require(
                folder + ": features of " + Text.count(files.size(), "picture"),
                (long) Float.BYTES * files.size() * model.network().features());
        List<float[]> features = new ArrayList<>();
        List<Integer> used = new ArrayList<>();
        Embedding embedding = Embedding.run(name, model, files, err, (index, values) -> {
            features.add(values.clone());
            used.add(labels.get(index));
        });
        int[] truths = used.stream().mapToInt(Integer::intValue).toArray();
        List<Label> counted = new ArrayList<>();
        for (String label : classes.keySet()) {
            int index = counted.size();
            int count = (int) used.stream().filter(truth -> truth == index).count();
            if (count < 2) {
                throw new InvalidInputException(folder.resolve(label)
                        + ": expected at least two pictures that can be read, found " + (count == 0 ? "none" : "one"));
            }
            counted.add(new Label(label, count));
        }
        return new TrainingPictures(labelled(name, features, truths, classes.size()), counted, embedding.failed());
    }

    private static LabelledFeatures labelled(String name, List<float[]> features, int[] labels, int classes) {
        try {
            return new LabelledFeatures(features, labels, classes);
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException(name + ": " + e.getMessage(), e);
        }
    }

    /** How many there are. */
    int count() {
        return features.count();
    }
}
