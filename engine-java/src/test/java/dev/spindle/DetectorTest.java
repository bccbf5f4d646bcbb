package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.detection.Box;
import dev.spindle.detection.PostProcessing;
import dev.spindle.image.Image;
import dev.spindle.image.Preprocessing;
import dev.spindle.image.Preprocessor;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.SsdLite;
import dev.spindle.plan.Fusion;
import dev.spindle.plan.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DetectorTest {

    private static final Options SCALAR = Options.DEFAULT.withBackend("scalar");
    private static final int HEIGHT = 64;
    private static final int WIDTH = 96;
    private static final SsdLite SSD = (SsdLite) network().top();

    private static Network network() {
        return SsdLite.on(
                MobileNetV2.builder().widthMultiplier(0.35).resolution(HEIGHT, WIDTH).build(), 5);
    }

    private static Checkpoint checkpoint() {
        return new Checkpoint(
                network(), Weights.random(network(), 3), Preprocessing.TF, List.of("a", "b", "c", "d", "e"),
                TestNetworks.checkpoint(0.35, 32, 32, 2).source());
    }

    private static Image picture(int seed) {
        byte[] rgb = new byte[50 * 40 * 3];
        new Random(seed).nextBytes(rgb);
        return Image.ofRgb(50, 40, rgb);
    }

    static List<String> backends() {
        return Kernels.all().stream().filter(KernelCandidate::supported).map(KernelCandidate::name).toList();
    }

    private static float[] predict(Options options, int threads) {
        try (Model model = Model.of(checkpoint(), options);
                Session session = model.newSession().threads(threads)) {
            float[] both = new float[SSD.boxesLength() + SSD.classesLength()];
            float[] boxes = new float[SSD.boxesLength()];
            float[] classes = new float[SSD.classesLength()];
            session.predict(TestNetworks.input(network(), 1), boxes, classes);
            System.arraycopy(boxes, 0, both, 0, boxes.length);
            System.arraycopy(classes, 0, both, boxes.length, classes.length);
            return both;
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void predictionsAreTheSameBitsHoweverTheyAreComputed(String backend) {
        Options options = Options.DEFAULT.withBackend(backend);
        float[] expected = predict(options.withFusion(Fusion.NEVER), 1);
        assertArrayEquals(expected, predict(options, 1));
        assertArrayEquals(expected, predict(options.withFusion(Fusion.ALWAYS), 2));
    }

    @Test
    void findsWhatTheSessionPredicts() {
        try (Model model = Model.of(checkpoint(), SCALAR);
                Session session = model.newSession()) {
            Detector detector = new Detector(model);
            float[] boxes = new float[SSD.boxesLength()];
            float[] classes = new float[SSD.classesLength()];
            session.predict(
                    new Preprocessor(Preprocessing.TF, Preprocessor.Fit.STRETCH, HEIGHT, WIDTH).apply(picture(1)), boxes,
                    classes);
            List<PostProcessing.Found> expected = SSD.postProcessing().find(boxes, classes, 0.6);
            List<Detection> found = detector.detect(picture(1), 0.6f);
            assertFalse(found.isEmpty());
            assertEquals(expected.size(), found.size());
            for (int i = 0; i < found.size(); i++) {
                assertEquals(expected.get(i).index(), found.get(i).index());
                assertEquals(List.of("a", "b", "c", "d", "e").get(expected.get(i).index()), found.get(i).label());
                assertEquals(expected.get(i).score(), found.get(i).score());
                assertEquals(expected.get(i).box().within(50, 40), found.get(i).box());
                assertTrue(found.get(i).score() >= 0.6f, found.get(i).toString());
                Box box = found.get(i).box();
                assertTrue(0 <= box.left() && box.left() <= box.right() && box.right() <= 50, box.toString());
                assertTrue(0 <= box.top() && box.top() <= box.bottom() && box.bottom() <= 40, box.toString());
            }
            float above = Math.nextUp(found.getLast().score());
            assertTrue(detector.detect(picture(1), above).size() < found.size());
            assertThrows(IllegalArgumentException.class, () -> detector.detect(picture(1), 1.5f));
            assertThrows(IllegalArgumentException.class, () -> detector.detect(picture(1), Float.NaN));
        }
    }

    @Test
    void servesManyThreads() throws Exception {
        try (Model model = Model.of(checkpoint(), SCALAR);
                ExecutorService callers = Executors.newFixedThreadPool(8)) {
            Detector detector = new Detector(model);
            List<List<Detection>> expected = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                expected.add(detector.detect(picture(i), 0.5f));
            }
            List<Future<List<Detection>>> results = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                Image image = picture(i % 4);
                results.add(callers.submit(() -> detector.detect(image, 0.5f)));
            }
            for (int i = 0; i < 40; i++) {
                assertEquals(expected.get(i % 4), results.get(i).get());
            }
        }
    }

    @Test
    void classesWithoutLabelsAreNumbered() {
        try (Model model = Model.of(checkpoint().withLabels(List.of()), SCALAR)) {
            Detection best = new Detector(model).detect(picture(1), 0.5f).getFirst();
            assertEquals("class " + best.index(), best.label());
        }
    }

    @Test
    void onlyDetectorsDetect() {
        Checkpoint classifier = TestNetworks.checkpoint(0.35, 32, 32, 2);
        try (Model model = Model.of(classifier, SCALAR);
                Session session = model.newSession()) {
            assertThrows(InvalidInputException.class, () -> new Detector(model));
            float[] input = TestNetworks.input(model.network(), 1);
            assertThrows(IllegalArgumentException.class, () -> session.predict(input, new float[4], new float[4]));
        }
    }

    @Test
    void arraysHaveToFit() {
        try (Model model = Model.of(checkpoint(), SCALAR);
                Session session = model.newSession()) {
            float[] input = TestNetworks.input(model.network(), 1);
            float[] boxes = new float[SSD.boxesLength()];
            float[] classes = new float[SSD.classesLength()];
            assertThrows(IllegalArgumentException.class, () -> session.predict(new float[5], boxes, classes));
            assertThrows(IllegalArgumentException.class, () -> session.predict(input, new float[5], classes));
            assertThrows(IllegalArgumentException.class, () -> session.predict(input, boxes, new float[5]));
            assertThrows(IllegalArgumentException.class, () -> session.run(input, new float[1000]));
            assertThrows(InvalidInputException.class, () -> model.embed(picture(1)));
            assertThrows(InvalidInputException.class, () -> model.classify(picture(1), 1));
        }
    }

    @Test
    void aClosedModelIsRefused() {
        Model model = Model.of(checkpoint(), SCALAR);
        Detector detector = new Detector(model);
        model.close();
        assertThrows(IllegalStateException.class, () -> detector.detect(picture(1), 0.5f));
    }
}
