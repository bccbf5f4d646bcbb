package dev.spindle.detection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.spindle.detection.PostProcessing.Found;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostProcessingTest {

    /** Unit squares with their middles at x = 0.5, 0.6, 0.8 and 2.5: they overlap by 0.9/1.1, 0.7/1.3 and 0.8/1.2. */
    private static final Anchors SQUARES = Anchors.of(new float[] {
            0.5f, 0.5f, 1, 1,
            0.5f, 0.6f, 1, 1,
            0.5f, 0.8f, 1, 1,
            0.5f, 2.5f, 1, 1,
    });

    private static final float[] AT_THE_ANCHORS = new float[16];

    private static PostProcessing processing(ScoreFunction scores, boolean background, Suppression suppression) {
        return new PostProcessing(SQUARES, BoxCode.PUBLISHED, scores, background, suppression);
    }

    private static float logit(double score) {
        return (float) Math.log(score / (1 - score));
    }

    private static float[] logits(double... scores) {
        float[] logits = new float[scores.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = logit(scores[i]);
        }
        return logits;
    }

    /** Class, score in hundredths and left edge of each box. */
    private static String summary(List<Found> found) {
        return String.join(" ", found.stream()
                .map(box -> box.index() + ":" + Math.round(100 * box.score()) + "@" + Math.round(100 * box.box().left()) / 100.0)
                .toList());
    }

    @Test
    void boxesAreDecoded() {
        Anchors anchors = Anchors.of(new float[] {0, 0, 1, 1, 0.5f, 0.5f, 0.2f, 0.4f});
        float[] predictions = {0, 0, 0, 0, 1, -2, (float) (5 * Math.log(2)), 0};
        Box box = BoxCode.PUBLISHED.decode(predictions, anchors, 1);
        assertEquals(0.22, box.left(), 1e-6);
        assertEquals(0.32, box.top(), 1e-6);
        assertEquals(0.62, box.right(), 1e-6);
        assertEquals(0.72, box.bottom(), 1e-6);
        Box scaled = new BoxCode(1, 4, 5, 1).decode(predictions, anchors, 1);
        assertEquals(0.7, (scaled.top() + scaled.bottom()) / 2, 1e-6);
        assertEquals(0.3, (scaled.left() + scaled.right()) / 2, 1e-6);
        assertThrows(IllegalArgumentException.class, () -> new BoxCode(10, 0, 5, 5));
        assertThrows(IllegalArgumentException.class, () -> new BoxCode(10, 10, Float.NaN, 5));
    }

    @Test
    void overlapIsSharedByCoveredArea() {
        Box box = new Box(0, 0, 4, 2);
        assertEquals(1, box.intersectionOverUnion(box));
        assertEquals(2 / 14f, box.intersectionOverUnion(new Box(3, 0, 7, 2)));
        assertEquals(1 / 8f, box.intersectionOverUnion(new Box(1, 1, 2, 2)));
        assertEquals(0, box.intersectionOverUnion(new Box(4, 0, 8, 2)));
        assertEquals(0, box.intersectionOverUnion(new Box(1, 1, 1, 2)));
    }

    @Test
    void boxesAreCutOffAtThePicturesEdges() {
        assertEquals(new Box(0, 25, 200, 100), new Box(-0.5f, 0.25f, 1.5f, 1).within(200, 100));
    }

    @Test
    void classesSuppressByThemselves() {
        float[] predictions = logits(
                0.9, 0.2,
                0.8, 0.7,
                0.6, 0.4,
                0.5, 0.3);
        assertEquals(
                "0:90@0.0 1:70@0.1 0:50@2.0 1:30@2.0",
                summary(processing(ScoreFunction.SIGMOID, false, Suppression.classWise(0, 0.5))
                        .find(AT_THE_ANCHORS, predictions, 0)));
        assertEquals(
                "0:90@0.0 1:70@0.1 0:60@0.3 0:50@2.0 1:30@2.0",
                summary(processing(ScoreFunction.SIGMOID, false, Suppression.classWise(0, 0.55))
                        .find(AT_THE_ANCHORS, predictions, 0)));
    }

    @ParameterizedTest
    @CsvSource({
        "0.5, 0, 0:90@0.0 1:70@0.1 0:50@2.0",
        "0, 0.65, 0:90@0.0 1:70@0.1",
        "0.3, 0.95, ''",
    })
    void lowScoresDoNotCount(double suppressions, double callers, String expected) {
        float[] predictions = logits(
                0.9, 0.2,
                0.8, 0.7,
                0.6, 0.4,
                0.50001, 0.3);
        Suppression suppression = Suppression.classWise(suppressions, 0.5);
        assertEquals(
                expected,
                summary(processing(ScoreFunction.SIGMOID, false, suppression).find(AT_THE_ANCHORS, predictions, callers)));
    }

    @Test
    void countsAreLimited() {
        float[] predictions = logits(
                0.9, 0.2,
                0.1, 0.7,
                0.1, 0.4,
                0.5, 0.6);
        Suppression onePerClass = new Suppression(0, 0.5, true, 1, 1, 10);
        assertEquals(
                "0:90@0.0 1:70@0.1",
                summary(processing(ScoreFunction.SIGMOID, false, onePerClass).find(AT_THE_ANCHORS, predictions, 0)));
        Suppression three = new Suppression(0, 0.5, true, 1, 10, 3);
        assertEquals(
                "0:90@0.0 1:70@0.1 1:60@2.0",
                summary(processing(ScoreFunction.SIGMOID, false, three).find(AT_THE_ANCHORS, predictions, 0)));
    }

    @Test
    void allClassesSuppressTogether() {
        float[] predictions = logits(
                0.1, 0.2,
                0.8, 0.9,
                0.95, 0.3,
                0.5, 0.4);
        assertEquals(
                "0:95@0.3 0:50@2.0",
                summary(processing(ScoreFunction.SIGMOID, false, new Suppression(0, 0.5, false, 1, 1, 10))
                        .find(AT_THE_ANCHORS, predictions, 0)));
        assertEquals(
                "0:95@0.3 0:50@2.0 1:40@2.0 1:30@0.3",
                summary(processing(ScoreFunction.SIGMOID, false, new Suppression(0, 0.5, false, 2, 1, 10))
                        .find(AT_THE_ANCHORS, predictions, 0)));
        assertEquals(
                "0:95@0.3 1:30@0.3",
                summary(processing(ScoreFunction.SIGMOID, false, new Suppression(0, 0.5, false, 2, 1, 1))
                        .find(AT_THE_ANCHORS, predictions, 0)));
    }

    @Test
    void theBackgroundIsNoClass() {
        float[] predictions = {
            1, 2, 3,
            9, 0, 0,
            0, 9, 0,
            5, 5, 5,
        };
        List<Found> found = processing(ScoreFunction.SOFTMAX, true, Suppression.classWise(0.1, 0.5))
                .find(AT_THE_ANCHORS, predictions, 0);
        assertEquals("0:100@0.3 1:67@0.0 0:33@2.0 1:33@2.0", summary(found));
        assertEquals(Math.exp(3) / (Math.exp(1) + Math.exp(2) + Math.exp(3)), found.get(1).score(), 1e-6);
    }

    @Test
    void certaintyReachesTheHighestThreshold() {
        float[] predictions = {20, 16, -20, 0};
        assertEquals(
                "0:100@0.0",
                summary(processing(ScoreFunction.SIGMOID, false, Suppression.classWise(0, 0.5))
                        .find(AT_THE_ANCHORS, predictions, 1)));
    }

    @Test
    void whatIsNoNumberIsNoBox() {
        float[] boxes = new float[16];
        boxes[1] = Float.NaN;
        boxes[4] = Float.POSITIVE_INFINITY;
        boxes[10] = 1e9f;
        float[] predictions = {1, 1, 1, Float.NaN};
        List<Found> found = processing(ScoreFunction.SIGMOID, false, Suppression.classWise(0, 0.5)).find(boxes, predictions, 0);
        assertEquals(1, found.size());
        assertEquals(0.3, found.getFirst().box().left(), 1e-6);
        assertEquals(new Box(0.3f, 0, 1, 1).within(2, 100), found.getFirst().box().within(2, 100));
    }

    @Test
    void arraysHaveToFit() {
        PostProcessing processing = processing(ScoreFunction.SIGMOID, false, Suppression.classWise(0, 0.5));
        assertThrows(IllegalArgumentException.class, () -> processing.find(new float[12], new float[8], 0));
        assertThrows(IllegalArgumentException.class, () -> processing.find(new float[16], new float[9], 0));
    }

    @Test
    void absurdLimitsAreRefused() {
        for (double iou : new double[] {0, -1, 1.5, Double.NaN}) {
            assertThrows(IllegalArgumentException.class, () -> Suppression.classWise(0, iou), "overlap " + iou);
        }
        for (double score : new double[] {-0.1, 1.5, Double.NaN}) {
            assertThrows(IllegalArgumentException.class, () -> Suppression.classWise(score, 0.5), "score " + score);
        }
        for (int zero : new int[] {0, 1, 2}) {
            int[] counts = {1, 1, 1};
            counts[zero] = 0;
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new Suppression(0, 0.5, true, counts[0], counts[1], counts[2]),
                    Arrays.toString(counts));
        }
    }
}
