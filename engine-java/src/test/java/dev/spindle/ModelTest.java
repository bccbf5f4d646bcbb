package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.image.Image;
import dev.spindle.image.Preprocessor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {

    private static final Options SCALAR = Options.DEFAULT.withBackend("scalar");

    private static Image picture(int seed) {
        byte[] rgb = new byte[50 * 40 * 3];
        new Random(seed).nextBytes(rgb);
        return Image.ofRgb(50, 40, rgb);
    }

    @Test
    void classifiesWhatASessionComputes() {
        try (Model model = Model.of(TestNetworks.checkpoint(0.35, 32, 32, 9), SCALAR);
                Session session = model.newSession()) {
            float[] input = new Preprocessor(model.preprocessing(), 32, 32).apply(picture(1));
            float[] logits = new float[9];
            float[] features = new float[1280];
            session.run(input, 1, logits, features);
            assertArrayEquals(features, model.embed(picture(1)));

            List<Classification> all = model.classify(picture(1), 100);
            assertEquals(9, all.size());
            double sum = 0;
            for (int i = 0; i < 9; i++) {
                sum += all.get(i).probability();
                assertEquals("class " + all.get(i).index(), all.get(i).label());
                if (i > 0) {
                    assertTrue(logits[all.get(i - 1).index()] >= logits[all.get(i).index()]);
                }
            }
            assertEquals(1, sum, 1e-5);
            assertEquals(all.subList(0, 2), model.classify(picture(1), 2));
        }
    }

    @Test
    void labelsNameTheClasses() {
        Checkpoint checkpoint = TestNetworks.checkpoint(0.35, 32, 32, 2).withLabels(List.of("cat", "dog"));
        try (Model model = Model.of(checkpoint, SCALAR)) {
            Classification best = model.classify(picture(2), 1).getFirst();
            assertEquals(List.of("cat", "dog").get(best.index()), best.label());
        }
        assertThrows(IllegalArgumentException.class, () -> checkpoint.withLabels(List.of("cat")));
    }

    @Test
    void servesManyThreads() throws Exception {
        try (Model model = Model.of(TestNetworks.checkpoint(0.35, 32, 32, 9), SCALAR);
                ExecutorService callers = Executors.newFixedThreadPool(8)) {
            List<List<Classification>> expected = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                expected.add(model.classify(picture(i), 3));
            }
            List<Future<List<Classification>>> results = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                Image image = picture(i % 4);
                results.add(callers.submit(() -> model.classify(image, 3)));
            }
            for (int i = 0; i < 200; i++) {
                assertEquals(expected.get(i % 4), results.get(i).get());
            }
        }
    }

    @Test
    void aClosedModelSaysSo() {
        Model model = Model.of(TestNetworks.checkpoint(0.35, 32, 32, 9), SCALAR);
        model.classify(picture(1), 1);
        model.close();
        assertEquals(
                "the model is closed",
                assertThrows(IllegalStateException.class, () -> model.classify(picture(1), 1)).getMessage());
    }

    @Test
    void filesThatAreNoModelsAreNamed(@TempDir Path folder) throws Exception {
        assertMessage(folder.resolve("absent"), "absent: no such file");
        assertMessage(folder, "found a folder");
        assertMessage(Files.createFile(folder.resolve("empty.bin")), "empty.bin", "found an empty file");
        assertMessage(Files.writeString(folder.resolve("notes.txt"), "hello"), "notes.txt", "expected a model file");
    }

    private static void assertMessage(Path file, String... parts) {
        String message = assertThrows(InvalidInputException.class, () -> Model.load(file)).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
        assertTrue(message.lines().count() == 1, message);
    }

    @Test
    void unknownBackendsAreRefusedWithTheValidOnes() {
        Checkpoint checkpoint = TestNetworks.checkpoint(0.35, 32, 32, 9);
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> Model.of(checkpoint, Options.DEFAULT.withBackend("vector-1024")))
                .getMessage();
        assertTrue(message.contains("vector-1024") && message.contains("native-avx512, vector-512"), message);
    }
}
