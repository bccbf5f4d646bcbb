package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.kernel.Kernels;
import dev.spindle.weights.DefaultModel;
import dev.spindle.weights.FileHash;
import dev.spindle.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizeCommandTest {

    @TempDir
    private Path folder;

    /** Those that compute in integers. */
    private static Stream<String> backends() {
        return Backends.supported().stream().filter(backend -> Kernels.byName(backend).quantised().isPresent());
    }

    private Path pictures(int count) throws IOException {
        return TestFiles.scenes(folder.resolve("pictures"), count, 1);
    }

    /** The two classes that a model names first, picture by picture. */
    private static List<JsonNode> classes(Path pictures, Object... model) throws IOException {
        List<Object> arguments = new ArrayList<>(List.of("classify", "--top", 2));
        arguments.addAll(List.of(model));
        try (Stream<Path> files = Files.list(pictures)) {
            arguments.addAll(files.sorted().toList());
        }
        return Cli.json(arguments.toArray()).get("images").findValues("classes");
    }

    private static String label(JsonNode classes) {
        return classes.get(0).get("label").textValue();
    }

    /** The lead of the first class over the second in logits. */
    private static double margin(JsonNode classes) {
        return Math.log(classes.get(0).get("probability").doubleValue() / classes.get(1).get("probability").doubleValue());
    }

    /**
     * Pictures that were not there for the calibration, and that show none of the network's classes: it often hesitates, and
     * only where it does may integers prefer another class.
     */
    @Test
    void theEmbeddedNetworkAgreesWithItselfInIntegersWhereItDoesNotHesitate() throws IOException {
        Path target = folder.resolve("out.safetensors");
        Cli.run("quantize", "--calibrate", pictures(200), "-o", target).succeeded();
        Path others = TestFiles.scenes(folder.resolve("others"), 200, 2);
        List<JsonNode> real = classes(others);
        List<JsonNode> integers = classes(others, "--model", target);
        assertEquals(200, integers.size());
        assertTrue(real.stream().map(QuantizeCommandTest::label).distinct().count() >= 5, real.toString());
        int agreeing = 0;
        int clear = 0;
        for (int i = 0; i < 200; i++) {
            boolean same = label(real.get(i)).equals(label(integers.get(i)));
            agreeing += same ? 1 : 0;
            if (margin(real.get(i)) > 0.4) {
                clear++;
                assertTrue(same, real.get(i) + " became " + integers.get(i));
            }
        }
        assertTrue(agreeing >= 190, agreeing + " of 200");
        assertTrue(clear >= 120, clear + " of 200");
    }

    @Test
    void everyBackendGivesTheSameBytes() throws IOException {
        Path target = folder.resolve("out.safetensors");
        Cli.run("quantize", "--calibrate", pictures(10), "-o", target).succeeded();
        Path input = folder.resolve("x.safetensors");
        float[] values = Noise.fill(new float[3 * 64 * 64 * 3]);
        Safetensors.write(input, Map.of("input", Safetensors.Tensor.of(values, 3, 64, 64, 3)), Map.of());
        byte[] expected = null;
        for (String backend : backends().toList()) {
            Path output = folder.resolve(backend + ".safetensors");
            Cli.run("run", "--model", target, "--backend", backend, "--input", input, "--output", output).succeeded();
            byte[] found = Files.readAllBytes(output);
            expected = expected == null ? found : expected;
            assertArrayEquals(expected, found, backend);
        }
    }

    @Test
    void comparedBackendsDoNotDiffer() throws IOException {
        String others = String.join(",", backends().filter(backend -> !backend.equals("scalar")).toList());
        assumeTrue(!others.isEmpty(), "no backend but scalar has kernels for int8 here");
        Path target = folder.resolve("out.safetensors");
        Cli.run("quantize", "--calibrate", pictures(4), "-o", target).succeeded();
        JsonNode result = Cli.json("compare", "--model", target, "--precision", "int8", "--backends", others);
        for (JsonNode layer : result.get("layers")) {
            layer.get("differences").forEach(difference -> assertEquals(0, difference.get("absolute").doubleValue()));
        }
    }

    @Test
    void theReportTravelsInTheFile() throws IOException {
        Path model = TestFiles.embedded(folder);
        Path target = folder.resolve("out.safetensors");
        Path pictures = pictures(12);
        TestFiles.text(pictures, "damaged.png", "no picture");
        Cli run = Cli.run("quantize", model, "--calibrate", pictures, "-o", target, "--ranges", "percentile", "--json");
        run.assertMessage("damaged.png");
        JsonNode result = run.json();
        assertEquals(12, result.get("images").intValue());
        assertEquals(1, result.get("failed").size());
        assertEquals(Files.size(target), result.get("bytes").longValue());
        assertTrue(result.get("largest_logit_difference").doubleValue() > 0);
        assertEquals("percentile", result.get("settings").get("ranges").textValue());
        JsonNode inspected = Cli.json("inspect", target);
        String notes = inspected.get("notes").toString();
        assertTrue(notes.contains("on 12 pictures: ranges percentile 99.99, bias correction on, equalisation off"), notes);
        assertTrue(notes.contains(Text.format(
                "top-1 agrees with fp32 in %.2f %%, with a margin of at most %.4f where not, logits differ by at most %.4f of ",
                result.get("top1_agreement").doubleValue(), result.get("largest_margin").doubleValue(),
                result.get("largest_logit_difference").doubleValue())), notes);
        assertEquals("int8", inspected.get("precision").textValue());
        assertEquals(FileHash.of(model).sha256(), inspected.get("provenance").get("sha256").textValue());
        Checkpoint found = Model.read(target);
        assertEquals(DefaultModel.load().labels(), found.labels());
        assertEquals(DefaultModel.load().preprocessing().toString(), found.preprocessing().toString());
        Path again = folder.resolve("again.safetensors");
        Cli.run("convert", target, again).succeeded();
        assertEquals(-1, Files.mismatch(target, again));
    }

    @Test
    void optionsChangeTheResult() throws IOException {
        Path pictures = pictures(8);
        List<List<String>> options = List.of(
                List.of(), List.of("--no-bias-correction"), List.of("--equalize"), List.of("--ranges", "min-max"),
                List.of("--ranges", "percentile", "--percentile", "99"), List.of("--images", "3"));
        List<byte[]> results = new ArrayList<>();
        for (List<String> more : options) {
            Path target = folder.resolve(results.size() + ".safetensors");
            List<Object> arguments = new ArrayList<>(List.of("quantize", "--calibrate", pictures, "-o", target));
            arguments.addAll(more);
            Cli.run(arguments.toArray()).succeeded();
            byte[] kernel = new byte[10 * Integer.BYTES];
            Safetensors.open(target).tensor("classifier.bias").data().get(kernel);
            for (byte[] other : results) {
                assertFalse(Arrays.equals(other, kernel), more.toString());
            }
            results.add(kernel);
        }
    }

    @Test
    void refusesWhatCannotBeQuantised() throws IOException {
        Path pictures = pictures(1);
        Path target = folder.resolve("out.safetensors");
        Path integers = TestFiles.fixture(folder, "tflite-int8/weights.tflite");
        Cli.run("quantize", integers, "--calibrate", pictures, "-o", target)
                .refused(integers, "expected a network of floating point");
        Path none = Files.createDirectory(folder.resolve("none"));
        Cli.run("quantize", "--calibrate", none, "-o", target).refused(none, "expected pictures, found none");
        Path damaged = Files.createDirectory(folder.resolve("damaged"));
        TestFiles.text(damaged, "a.png", "no picture");
        Cli nothing = Cli.run("quantize", "--calibrate", damaged, "-o", target);
        assertEquals(ExitCode.BAD_INPUT, nothing.exitCode());
        assertTrue(nothing.err().contains("expected pictures that can be read, found none"), nothing.err());
        Cli.run("quantize", "--calibrate", pictures, "-o", target, "--percentile", 10).refused("--percentile", "10.0");
        Cli.run("quantize", "--calibrate", pictures, "-o", target, "--images", 0).refused("--images: expected at least 1");
        Cli.run("quantize", "--calibrate", pictures, "-o", target, "--ranges", "best")
                .refused("--ranges", "min-max, percentile, min-error", "best");
        assertFalse(Files.exists(target));
        Files.writeString(target, "mine");
        Cli.run("quantize", "--calibrate", pictures, "-o", target).refused(target, "exists", "--force");
    }
}
