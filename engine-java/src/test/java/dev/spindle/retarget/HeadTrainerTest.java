package dev.spindle.retarget;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HeadTrainerTest {

    private static final Runnable NOBODY = () -> {};

    private int steps;

    /** Clouds of points, some distance apart in a direction of their own, on a large common offset. */
    private static LabelledFeatures clouds(int classes, int each, int length, double distance) {
        Random random = new Random(classes + each + length);
        List<float[]> features = new ArrayList<>();
        int[] labels = new int[classes * each];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % classes;
            float[] point = new float[length];
            for (int k = 0; k < length; k++) {
                point[k] = (float) (5 + random.nextGaussian() + (k % classes == labels[i] ? distance : 0));
            }
            features.add(point);
        }
        return new LabelledFeatures(features, labels, classes);
    }

    private static TrainerSettings strengths(Double... strengths) {
        return new TrainerSettings(3, 1, List.of(strengths));
    }

    /** In the place of the code under test: logits of a picture by the weights that come out. */
    private static double[] logits(TrainedHead head, float[] features) {
        float[] bias = head.classifier().bias().orElseThrow();
        double[] logits = new double[bias.length];
        for (int c = 0; c < logits.length; c++) {
            logits[c] = bias[c];
            for (int i = 0; i < features.length; i++) {
                logits[c] += (double) head.classifier().kernel()[c * features.length + i] * features[i];
            }
        }
        return logits;
    }

    private static int best(double[] logits) {
        int best = 0;
        for (int c = 1; c < logits.length; c++) {
            best = logits[c] > logits[best] ? c : best;
        }
        return best;
    }

    /** Where a convex function is smallest, its gradient is 0: computed here from the definition, on features as they are. */
    @Test
    void theResultIsTheMinimum() {
        LabelledFeatures data = clouds(3, 20, 10, 1);
        double strength = 0.01;
        TrainedHead head = HeadTrainer.train(data, strengths(strength), NOBODY);
        double[] mean = data.mean();
        double spread = data.spread(mean);
        double[][] gradient = new double[3][11];
        for (int picture = 0; picture < data.count(); picture++) {
            float[] features = data.features().get(picture);
            double[] logits = logits(head, features);
            double sum = Arrays.stream(logits).map(Math::exp).sum();
            for (int c = 0; c < 3; c++) {
                double excess = Math.exp(logits[c]) / sum - (c == data.labels()[picture] ? 1 : 0);
                for (int i = 0; i < 10; i++) {
                    gradient[c][i] += excess * (features[i] - mean[i]) / spread / data.count();
                }
                gradient[c][10] += excess / data.count();
            }
        }
        for (int c = 0; c < 3; c++) {
            for (int i = 0; i < 10; i++) {
                gradient[c][i] += strength * spread * head.classifier().kernel()[c * 10 + i];
            }
            assertArrayEquals(new double[11], gradient[c], 2e-5, Arrays.toString(gradient[c]));
        }
    }

    @Test
    void theGradientIsThatOfTheFunction() {
        LabelledFeatures data = clouds(3, 4, 5, 1);
        double[] mean = data.mean();
        LogisticRegression problem =
                new LogisticRegression(data, new int[] {0, 1, 2, 5, 7, 9}, mean, data.spread(mean), 0.1);
        double[] x = new Random(8).doubles(problem.variables(), -1, 1).toArray();
        double[] gradient = new double[x.length];
        problem.at(x, gradient);
        double step = 1e-5;
        for (int i = 0; i < x.length; i++) {
            double[] near = x.clone();
            near[i] += step;
            double above = problem.at(near, new double[x.length]);
            near[i] -= 2 * step;
            double below = problem.at(near, new double[x.length]);
            assertEquals((above - below) / (2 * step), gradient[i], 1e-8);
        }
    }

    @Test
    void tellsCloudsApartThatAreApart() {
        LabelledFeatures data = clouds(4, 15, 40, 4);
        TrainedHead head = HeadTrainer.train(data, TrainerSettings.DEFAULT, () -> steps++);
        assertEquals(TrainerSettings.DEFAULT.steps(), steps);
        assertEquals(100, head.chosen().accuracy());
        assertTrue(head.chosen().logLoss() < 0.1, head.chosen().toString());
        assertEquals(TrainerSettings.DEFAULT.strengths(), head.candidates().stream()
                .map(TrainedHead.Candidate::strength).toList());
        assertEquals(
                head.candidates().stream().min(Comparator.comparingDouble(TrainedHead.Candidate::logLoss)).orElseThrow(),
                head.chosen());
        for (int i = 0; i < data.count(); i++) {
            assertEquals(data.labels()[i], best(logits(head, data.features().get(i))));
        }
    }

    /** More features than pictures: a head can learn any labels by heart, but not those of what it has not seen. */
    @Test
    void accuracyIsThatOnPicturesHeldOut() {
        LabelledFeatures data = clouds(2, 60, 300, 0);
        TrainedHead head = HeadTrainer.train(data, strengths(1e-4), NOBODY);
        int learnt = 0;
        int held = 0;
        for (int i = 0; i < data.count(); i++) {
            learnt += best(logits(head, data.features().get(i))) == data.labels()[i] ? 1 : 0;
            float[] logits = head.heldOut().get(i);
            held += (logits[1] > logits[0] ? 1 : 0) == data.labels()[i] ? 1 : 0;
        }
        assertEquals(data.count(), learnt);
        assertEquals(100.0 * held / data.count(), head.chosen().accuracy());
        assertEquals(50, head.chosen().accuracy(), 15);
    }

    /** Of noise, the least is learnt where weights cost most; of clouds that overlap, more. */
    @Test
    void thePicturesChooseTheStrength() {
        assertEquals(0.1, HeadTrainer.train(clouds(2, 40, 60, 0), TrainerSettings.DEFAULT, NOBODY).chosen().strength());
        assertTrue(HeadTrainer.train(clouds(2, 40, 60, 2), TrainerSettings.DEFAULT, NOBODY).chosen().strength() < 0.1);
    }

    @Test
    void theSeedDecides() {
        LabelledFeatures data = clouds(3, 10, 8, 1);
        TrainerSettings settings = strengths(1e-2, 1e-3);
        TrainedHead head = HeadTrainer.train(data, settings, NOBODY);
        TrainedHead same = HeadTrainer.train(data, settings, NOBODY);
        TrainedHead other = HeadTrainer.train(data, settings.withSeed(2), NOBODY);
        assertArrayEquals(head.classifier().kernel(), same.classifier().kernel());
        assertArrayEquals(head.classifier().bias().orElseThrow(), same.classifier().bias().orElseThrow());
        assertEquals(head.candidates(), same.candidates());
        assertFalse(Arrays.equals(head.heldOut().getFirst(), other.heldOut().getFirst()));
    }

    @Test
    void everyFoldHasLearntEveryClass() {
        LabelledFeatures data = clouds(5, 2, 30, 20);
        TrainedHead head = HeadTrainer.train(data, TrainerSettings.DEFAULT, NOBODY);
        assertEquals(100, head.chosen().accuracy());
    }

    @Test
    void refusesWhatCannotBeLearnt() {
        List<float[]> features = List.of(new float[3], new float[3], new float[3], new float[3]);
        assertRefused("3 labels", () -> new LabelledFeatures(features, new int[3], 2));
        assertRefused("1 classes", () -> new LabelledFeatures(features, new int[4], 1));
        assertRefused("class 1: expected at least 2", () -> new LabelledFeatures(features, new int[] {0, 0, 0, 1}, 2));
        assertThrows(
                IndexOutOfBoundsException.class, () -> new LabelledFeatures(features, new int[] {0, 0, 1, 2}, 2));
        int[] labels = {0, 0, 1, 1};
        assertRefused("picture 3: 2 features", () -> new LabelledFeatures(
                List.of(new float[3], new float[3], new float[3], new float[2]), labels, 2));
        assertRefused("picture 1: expected finite", () -> new LabelledFeatures(
                List.of(new float[1], new float[] {Float.NaN}, new float[1], new float[1]), labels, 2));
        assertRefused("5 folds", () -> HeadTrainer.train(
                new LabelledFeatures(features, labels, 2), TrainerSettings.DEFAULT, NOBODY));
        assertRefused("1 folds", () -> TrainerSettings.DEFAULT.withFolds(1));
        assertRefused("falling", () -> strengths(0.1, 0.1));
        assertRefused("above 0", () -> strengths(0.0));
        assertRefused("no strengths", HeadTrainerTest::strengths);
    }

    private static void assertRefused(String words, Runnable call) {
        String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
        assertTrue(message.contains(words), message);
    }
}
