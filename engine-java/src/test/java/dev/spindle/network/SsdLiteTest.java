package dev.spindle.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.detection.Anchors;
import dev.spindle.detection.BoxCode;
import dev.spindle.detection.PostProcessing;
import dev.spindle.detection.ScoreFunction;
import dev.spindle.detection.Suppression;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SsdLiteTest {

    private static final Network CLASSIFIER = MobileNetV2.builder().resolution(300, 300).padding(Padding.SAME).build();
    private static final Network NETWORK = SsdLite.on(CLASSIFIER, 90);
    private static final SsdLite SSD = (SsdLite) NETWORK.top();

    /** Table 6 of the paper has 4.3 M parameters and 0.8 G multiply-adds, for 320x320 pixels. */
    @Test
    void thePublishedNetworkIsThePapers() {
        assertEquals("block14.expand", SSD.tap());
        assertEquals(90, NETWORK.classes());
        assertEquals(1917, SSD.postProcessing().anchors().count());
        assertEquals(1917 * 4, SSD.boxesLength());
        assertEquals(1917 * 91, SSD.classesLength());
        assertEquals(4.3, NETWORK.parameters() / 1e6, 0.25);
        Network larger = SsdLite.on(CLASSIFIER.withResolution(320, 320), 80);
        assertEquals(0.8, larger.macs() / 1e9, 0.05);
    }

    /** Counted layer by layer, apart from the maps' sizes. */
    @Test
    void macsAreCountedOnEachMap() {
        long backbone = 0;
        MapSize map = new MapSize(300, 300);
        for (Conv conv : CLASSIFIER.backbone()) {
            backbone += conv.macs(map.rows(), map.columns());
            map = map.behind(conv);
        }
        int[] sides = {19, 10, 5, 3, 2, 1};
        int[] channels = {576, 1280, 512, 256, 256, 128};
        long expected = backbone + 100L * 320 * 1280;
        for (int i = 0; i < sides.length; i++) {
            long outputs = (i == 0 ? 3 : 6) * (4 + 91);
            expected += (long) sides[i] * sides[i] * (2 * 9 * channels[i] + channels[i] * outputs);
            if (i >= 2) {
                int hidden = channels[i] / 2;
                expected += (long) sides[i - 1] * sides[i - 1] * channels[i - 1] * hidden
                        + (long) sides[i] * sides[i] * (9 * hidden + hidden * channels[i]);
            }
        }
        assertEquals(expected, NETWORK.macs());
    }

    @Test
    void layersComeInTheOrderOfTheirExecution() {
        List<String> names = SSD.convolutions().stream().map(Conv::name).toList();
        assertEquals(
                List.of("boxes1.depthwise", "boxes1.project", "classes1.depthwise", "classes1.project", "head"),
                names.subList(0, 5));
        assertEquals(
                List.of("extra1.expand", "extra1.depthwise", "extra1.project", "boxes3.depthwise"), names.subList(9, 13));
        assertEquals(1 + 4 * 6 + 3 * 4, names.size());
    }

    private static PostProcessing anchors(int count) {
        float[] values = new float[count * Anchors.NUMBERS];
        Arrays.fill(values, 0.5f);
        return new PostProcessing(
                Anchors.of(values), BoxCode.PUBLISHED, ScoreFunction.SIGMOID, true, Suppression.classWise(0, 0.5));
    }

    private static void assertRefused(String expected, Runnable building) {
        String message = assertThrows(IllegalArgumentException.class, building::run).getMessage();
        assertTrue(message.contains(expected), message);
    }

    private static SsdLite ssd(
            String tap, Conv last, List<InvertedResidual> extras, List<SsdLite.Predictor> predictors, int anchors) {
        return new SsdLite(tap, last, extras, predictors, anchors(anchors));
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertRefused("1916 anchors for maps of 1917", () -> CLASSIFIER.withTop(
                ssd(SSD.tap(), SSD.last(), SSD.extras(), SSD.predictors(), 1916)));
        assertRefused("1917 anchors for maps of", () -> NETWORK.withResolution(320, 320));
        assertRefused("no layer named block99.expand", () -> CLASSIFIER.withTop(
                ssd("block99.expand", SSD.last(), SSD.extras(), SSD.predictors(), 1917)));
        assertRefused("boxes1.project takes 576 channels, but is given 960", () -> CLASSIFIER.withTop(
                ssd("block15.expand", SSD.last(), SSD.extras(), SSD.predictors(), 1917)));
        assertRefused("head takes 300 channels, but is given 320", () -> CLASSIFIER.withTop(ssd(
                SSD.tap(), Conv.pointwise("head", 300, 1280, Activation.RELU6), SSD.extras(), SSD.predictors(), 1917)));
        assertRefused("extra1 takes 1280 channels, but is given 1000", () -> ssd(
                SSD.tap(), Conv.pointwise("head", 320, 1000, Activation.RELU6), SSD.extras(),
                withPredictor(1, predictor("boxes2", 1000, 24, 546)), 1917));
        assertRefused("6 predictors for 5 maps", () -> ssd(
                SSD.tap(), SSD.last(), SSD.extras().subList(0, 3), SSD.predictors(), 1917));
        assertRefused("540 outputs, expected as many for each of 7 anchors", () -> predictor("boxes1", 576, 28, 540));
        assertRefused("10 outputs, expected 4 an anchor", () -> predictor("boxes1", 576, 10, 91));
        assertRefused("20 classes an anchor, expected 91", () -> ssd(
                SSD.tap(), SSD.last(), SSD.extras(), withPredictor(3, predictor("boxes4", 256, 24, 120)), 1917));
        assertRefused("expected LINEAR", () -> new SsdLite.Branch(
                Optional.empty(), Conv.pointwise("some", 8, 8, Activation.RELU6)));
        assertRefused("expected a depthwise convolution of stride 1", () -> new SsdLite.Branch(
                Optional.of(Conv.depthwise("some", 8, 2, 1, Activation.RELU6)),
                Conv.pointwise("other", 8, 8, Activation.LINEAR)));
        assertRefused("expected a block that expands and steps", () -> SsdLite.on(headed(MobileNetV1.builder().build()), 2));
        assertRefused("expected a last 1x1 convolution", () -> SsdLite.on(MobileNetV1.builder().build(), 2));
    }

    private static Network headed(Network network) {
        Conv head = Conv.pointwise("head", network.channels(), 8, Activation.RELU6);
        return network.withTop(new Classifier(Optional.of(head), 2));
    }

    private static SsdLite.Predictor predictor(String name, int channels, int boxes, int classes) {
        return new SsdLite.Predictor(
                new SsdLite.Branch(Optional.empty(), Conv.pointwise(name, channels, boxes, Activation.LINEAR)),
                new SsdLite.Branch(Optional.empty(), Conv.pointwise(name + "c", channels, classes, Activation.LINEAR)));
    }

    private static List<SsdLite.Predictor> withPredictor(int index, SsdLite.Predictor predictor) {
        List<SsdLite.Predictor> all = new ArrayList<>(SSD.predictors());
        all.set(index, predictor);
        return all;
    }
}
