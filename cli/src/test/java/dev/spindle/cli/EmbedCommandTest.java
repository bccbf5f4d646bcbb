package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Warmup;
import dev.spindle.image.ImageDecoder;
import dev.spindle.weights.DefaultModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbedCommandTest {

    private static final int FEATURES = 1280;
    private static final int HEADER_BYTES = 128;

    @TempDir
    private Path folder;

    /** What the model makes of pictures, one by one. */
    private static Map<Path, float[]> expected(Path... files) {
        Map<Path, float[]> expected = new LinkedHashMap<>();
        try (Model model = Model.of(DefaultModel.load(), Options.DEFAULT.withWarmup(Warmup.NONE))) {
            for (Path file : files) {
                expected.put(file, model.embed(ImageDecoder.decode(file)));
            }
        }
        return expected;
    }

    private static List<float[]> vectors(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        String header = StandardCharsets.US_ASCII.decode(bytes.slice(10, HEADER_BYTES - 10)).toString();
        int count = (bytes.limit() - HEADER_BYTES) / FEATURES / Float.BYTES;
        assertTrue(header.contains("'shape': (" + count + ", " + FEATURES + ")"), header);
        List<float[]> vectors = new ArrayList<>();
        for (int row = 0; row < count; row++) {
            float[] vector = new float[FEATURES];
            bytes.position(HEADER_BYTES + row * FEATURES * Float.BYTES);
            bytes.asFloatBuffer().get(vector);
            vectors.add(vector);
        }
        return vectors;
    }

    private Path pictures(int count) throws IOException {
        return TestFiles.scenes(folder.resolve("pictures"), count, 3);
    }

    @Test
    void writesAVectorAPicture() throws IOException {
        Path pictures = pictures(3);
        Path deeper = TestFiles.picture(Files.createDirectory(pictures.resolve("a")), "sun.png");
        Path target = folder.resolve("vectors.npy");
        JsonNode result = Cli.json("embed", pictures, "-o", target);
        Map<Path, float[]> expected =
                expected(pictures.resolve("0.png"), pictures.resolve("1.png"), pictures.resolve("2.png"), deeper);
        assertEquals(4, result.get("images").intValue());
        assertEquals(FEATURES, result.get("features").intValue());
        assertEquals(target.toString(), result.get("output").textValue());
        assertFalse(result.has("similar"));
        Path names = folder.resolve("vectors.txt");
        assertEquals(names.toString(), result.get("names").textValue());
        assertEquals(expected.keySet().stream().map(Path::toString).toList(), Files.readAllLines(names));
        List<float[]> vectors = vectors(target);
        assertEquals(4, vectors.size());
        int row = 0;
        for (float[] vector : expected.values()) {
            assertArrayEquals(vector, vectors.get(row++));
        }
    }

    @Test
    void ranksByTheCosine() throws IOException {
        Path pictures = pictures(5);
        Path query = TestFiles.picture(folder, "sun.png");
        Path copy = Files.copy(query, pictures.resolve("copy.png"));
        Map<Path, float[]> all = expected(
                pictures.resolve("0.png"), pictures.resolve("1.png"), pictures.resolve("2.png"), pictures.resolve("3.png"),
                pictures.resolve("4.png"), copy);
        Map<Path, Double> cosines = new LinkedHashMap<>();
        all.forEach((file, vector) -> cosines.put(file, cosine(all.get(copy), vector)));
        List<Path> expected = cosines.keySet().stream()
                .sorted(Comparator.comparingDouble((Path file) -> cosines.get(file)).reversed())
                .limit(4)
                .toList();
        JsonNode similar = Cli.json("embed", pictures, "--similar", query, "--top", 4).get("similar");
        assertEquals(query.toString(), similar.get("to").textValue());
        assertEquals(expected.stream().map(Path::toString).toList(), similar.get("matches").findValuesAsText("file"));
        for (JsonNode match : similar.get("matches")) {
            double cosine = cosines.get(Path.of(match.get("file").textValue()));
            assertEquals(cosine, match.get("similarity").doubleValue(), 1e-6);
        }
        List<String> lines = Cli.run("embed", pictures, "--similar", query, "--top", 1).succeeded().out().lines().toList();
        assertEquals(4, lines.size(), lines.toString());
        assertTrue(lines.get(1).matches("  6 images in .* images/s with decoding, 0 failed"), lines.toString());
        assertEquals("most similar to " + query, lines.get(2));
        assertEquals("   1.0000  " + copy, lines.get(3));
    }

    private static double cosine(float[] a, float[] b) {
        double product = 0;
        double ofA = 0;
        double ofB = 0;
        for (int i = 0; i < a.length; i++) {
            product += (double) a[i] * b[i];
            ofA += (double) a[i] * a[i];
            ofB += (double) b[i] * b[i];
        }
        return product / Math.sqrt(ofA * ofB);
    }

    @Test
    void ranksZerosLast() {
        Nearest nearest = new Nearest(new float[] {3, 4});
        nearest.add(Path.of("zeros"), new float[2]);
        nearest.add(Path.of("b"), new float[] {6, 8});
        nearest.add(Path.of("a"), new float[] {30, 40});
        assertEquals(
                List.of(new Nearest.Match("b", 1), new Nearest.Match("a", 1), new Nearest.Match("zeros", 0)), nearest.best(9));
    }

    @Test
    void namesCorruptPicturesAndGoesOn() throws IOException {
        Path pictures = pictures(2);
        Path bad = TestFiles.text(pictures, "0a.png", "no picture");
        Path target = folder.resolve("vectors.npy");
        Path names = folder.resolve("list");
        Cli run = Cli.run("embed", pictures, "-o", target, "--names", names, "--json");
        assertEquals(ExitCode.SUCCESS, run.exitCode());
        run.assertMessage(bad, "expected a picture");
        assertEquals(2, run.json().get("images").intValue());
        assertEquals(bad.toString(), run.json().get("failed").get(0).get("file").textValue());
        assertEquals(2, vectors(target).size());
        assertEquals(
                List.of(pictures.resolve("0.png").toString(), pictures.resolve("1.png").toString()),
                Files.readAllLines(names));
    }

    @Test
    void leavesNothingWhereNoPictureCanBeRead() throws IOException {
        Path damaged = Files.createDirectory(folder.resolve("damaged"));
        TestFiles.text(damaged, "a.png", "no picture");
        Path out = Files.createDirectory(folder.resolve("out"));
        Cli run = Cli.run("embed", damaged, "-o", out.resolve("v.npy"));
        assertEquals(ExitCode.BAD_INPUT, run.exitCode());
        assertTrue(run.err().contains(damaged + ": expected pictures that can be read, found none"), run.err());
        assertEquals(List.of(), list(out));
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /** A full disk's stand-in is a limit on the length of files. */
    @Test
    void aFullDiskLeavesWhatWasThere() throws Exception {
        Path out = Files.createDirectory(folder.resolve("out"));
        Path target = Files.writeString(out.resolve("v.npy"), "mine");
        Path names = Files.writeString(out.resolve("v.txt"), "mine, too");
        Process process = TestFiles.withFilesUpTo(9, "embed", pictures(2), "-o", target, "--force");
        String message = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(ExitCode.FAILURE, process.waitFor(), message);
        assertTrue(message.contains("spindle: " + target + ": cannot be written: File too large"), message);
        assertEquals("mine", Files.readString(target));
        assertEquals("mine, too", Files.readString(names));
        assertEquals(List.of(target, names), list(out));
    }

    @Test
    void refusesWhatItCannotDo() throws IOException {
        Path pictures = pictures(1);
        Path target = folder.resolve("vectors.npy");
        Cli.run("embed", pictures).refused("expected --output, --similar, or both");
        Cli.run("embed", pictures, "--similar", pictures.resolve("0.png"), "--names", target).refused("--names", "--output");
        Cli.run("embed", pictures, "-o", target, "--names", target).refused("--names", "another file");
        Cli.run("embed", pictures, "-o", target, "--top", 0).refused("--top: expected at least 1, found 0");
        Cli.run("embed", pictures, "-o", folder).refused(folder, "expected a file to write");
        Cli.run("embed", pictures, "-o", target, "--similar", folder.resolve("none.png")).refused("none.png");
        Path none = Files.createDirectory(folder.resolve("none"));
        Cli.run("embed", none, "-o", target).refused(none, "expected pictures, found none");
        assertFalse(Files.exists(target));
        Path names = Files.writeString(folder.resolve("vectors.txt"), "mine");
        Cli.run("embed", pictures, "-o", target).refused(names, "exists", "--force");
        Files.copy(pictures.resolve("0.png"), pictures.resolve("two\nlines.png"));
        Cli.run("embed", pictures, "-o", target, "--force").refused("expected a name of one line");
    }
}
