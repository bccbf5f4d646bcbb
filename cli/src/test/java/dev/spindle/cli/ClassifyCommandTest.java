package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.weights.DefaultModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifyCommandTest {

    private static final List<String> LABELS = DefaultModel.load().labels();

    /** A WebP file of one pixel, lossless. */
    private static final String WEBP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==";

    @TempDir
    private Path folder;

    @Test
    void printsTheTopLabelsOfEachPictureForPeople() throws IOException {
        Path png = TestFiles.picture(folder, "sun.png");
        Path jpg = TestFiles.picture(folder, "sun.jpg");
        List<String> lines = Cli.run("classify", "--top", 3, png, jpg).succeeded().out().lines().toList();
        assertEquals(8, lines.size(), lines.toString());
        assertEquals(png.toString(), lines.get(0));
        assertEquals(jpg.toString(), lines.get(4));
        for (int line : List.of(1, 2, 3, 5, 6, 7)) {
            assertTrue(lines.get(line).matches(" +\\d+\\.\\d\\d %  \\w+"), lines.get(line));
            assertTrue(LABELS.contains(lines.get(line).substring(11)), lines.get(line));
        }
    }

    @Test
    void printsAllClassesAsJsonWhereSoManyAreWanted() throws IOException {
        Path picture = TestFiles.picture(folder, "sun.png");
        JsonNode result = Cli.json("classify", "--top", 99, "--threads", 2, picture);
        assertEquals("embedded", result.get("model").textValue());
        assertEquals(2, result.get("threads").intValue());
        assertEquals(1, result.get("images").size());
        JsonNode image = result.get("images").get(0);
        assertEquals(picture.toString(), image.get("file").textValue());
        assertFalse(image.has("error"));
        Set<String> seen = new HashSet<>();
        double sum = 0;
        double last = 1;
        for (JsonNode found : image.get("classes")) {
            assertEquals(LABELS.get(found.get("index").intValue()), found.get("label").textValue());
            double probability = found.get("probability").doubleValue();
            assertTrue(probability <= last, () -> image.toString());
            seen.add(found.get("label").textValue());
            sum += probability;
            last = probability;
        }
        assertEquals(Set.copyOf(LABELS), seen);
        assertEquals(1, sum, 1e-5);
    }

    @Test
    void everyBackendRunsAndSaysSo() throws IOException {
        Path picture = TestFiles.picture(folder, "sun.png");
        JsonNode first = null;
        for (String backend : Backends.supported()) {
            JsonNode result = Cli.json("classify", "--backend", backend, picture);
            assertEquals(backend, result.get("backend").textValue());
            JsonNode best = result.get("images").get(0).get("classes").get(0);
            first = first == null ? best : first;
            assertEquals(first.get("label"), best.get("label"), backend);
            assertEquals(first.get("probability").doubleValue(), best.get("probability").doubleValue(), 1e-4, backend);
        }
    }

    @Test
    void readsWebp() throws IOException {
        Path picture = Files.write(folder.resolve("pixel.webp"), Base64.getDecoder().decode(WEBP));
        assertEquals(5, Cli.json("classify", picture).get("images").get(0).get("classes").size());
    }

    @Test
    void reportsABadPictureAndGoesOn() throws IOException {
        Path first = TestFiles.picture(folder, "first.png");
        Path bad = TestFiles.text(folder, "text.jpg", "no picture");
        Path last = TestFiles.picture(folder, "last.png");
        Cli text = Cli.run("classify", first, bad, last);
        assertEquals(ExitCode.BAD_INPUT, text.exitCode());
        text.assertMessage(bad, "expected a picture");
        assertTrue(text.out().contains(first.toString()), text.out());
        assertTrue(text.out().contains(last.toString()), text.out());
        assertFalse(text.out().contains(bad.toString()), text.out());

        Cli json = Cli.run("classify", "--json", first, bad, last);
        assertEquals(ExitCode.BAD_INPUT, json.exitCode());
        json.assertMessage(bad);
        JsonNode images = json.json().get("images");
        assertEquals(3, images.size());
        assertTrue(images.get(1).get("error").textValue().contains("expected a picture"), images.toString());
        assertFalse(images.get(1).has("classes"));
        assertEquals(5, images.get(2).get("classes").size());
    }

    @Test
    void refusesWhatIsNoPicture() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty.png"));
        Cli.run("classify", empty).refused(empty, "an empty file");
        Cli.run("classify", folder).refused(folder, "a folder");
        Path missing = folder.resolve("missing.jpg");
        Cli.run("classify", missing).refused(missing, "no such file");
        Path huge = TestFiles.pngHeader(folder, 30_000, 30_000);
        Cli.run("classify", huge).refused(huge, "30000x30000", "pixels");
    }

    @Test
    void takesLabelsFromAFile() throws IOException {
        Path model = TestFiles.fixture(folder, "tflite-float/weights.tflite");
        Path picture = TestFiles.picture(folder, "sun.png");
        Path labels = TestFiles.text(
                folder, "labels.txt", "\uFEFFzéro", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "");
        JsonNode unnamed = Cli.json("classify", "--model", model, "--top", 10, picture);
        JsonNode named = Cli.json("classify", "--model", model, "--labels", labels, "--top", 10, picture);
        List<String> names = List.of("zéro", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");
        for (int rank = 0; rank < 10; rank++) {
            JsonNode without = unnamed.get("images").get(0).get("classes").get(rank);
            JsonNode with = named.get("images").get(0).get("classes").get(rank);
            int index = with.get("index").intValue();
            assertEquals(index, without.get("index").intValue());
            assertEquals("class " + index, without.get("label").textValue());
            assertEquals(names.get(index), with.get("label").textValue());
        }
    }

    @Test
    void refusesLabelsThatDoNotFit() throws IOException {
        Path picture = TestFiles.picture(folder, "sun.png");
        Path short9 = TestFiles.text(folder, "nine.txt", "a", "b", "c", "d", "e", "f", "g", "h", "i");
        Cli.run("classify", "--labels", short9, picture).refused(short9, "expected 10 labels", "found 9 labels");
        Path empty = Files.createFile(folder.resolve("empty.txt"));
        Cli.run("classify", "--labels", empty, picture).refused(empty, "expected 10 labels", "found 0 labels");
        Path binary = Files.write(folder.resolve("binary.txt"), new byte[] {(byte) 0xff, 'a'});
        Cli.run("classify", "--labels", binary, picture).refused(binary, "UTF-8");
        Path missing = folder.resolve("missing.txt");
        Cli.run("classify", "--labels", missing, picture).refused(missing, "no such file");
        Cli.run("classify", "--labels", folder, picture).refused(folder, "a folder");
    }

    @Test
    void refusesBackendsThatAreUnknownOrCannotRun() throws IOException {
        Path picture = TestFiles.picture(folder, "sun.png");
        Cli.run("classify", "--backend", "abacus", picture)
                .refused("unknown backend abacus", "auto", "scalar", "vector-512", "native-avx2");
        KernelCandidate unsupported = Backends.unsupported();
        Cli.run("classify", "--backend", unsupported.name(), picture)
                .refused(unsupported.name(), unsupported.reason());
    }
}
