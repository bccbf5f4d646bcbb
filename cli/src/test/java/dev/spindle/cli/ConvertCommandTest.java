package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.Model;
import dev.spindle.kernel.Kernels;
import dev.spindle.weights.FileHash;
import dev.spindle.weights.Safetensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConvertCommandTest {

    private static final List<String> FLOATS = List.of(
            "torchvision-safetensors/weights.safetensors",
            "torchvision-safetensors/weights-fp16.safetensors",
            "timm-safetensors/weights.safetensors",
            "tflite-float/weights.tflite",
            "caffe/weights.caffemodel",
            "keras-h5/weights.h5",
            "keras-h5/weights.keras",
            "onnx/weights-batchnorm.onnx");

    @TempDir
    private Path folder;

    static Stream<Arguments> fixturesOnBackends() {
        return FLOATS.stream().flatMap(model -> Backends.supported().stream().map(backend -> Arguments.of(model, backend)));
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("fixturesOnBackends")
    void theResultGivesTheSameBits(String fixture, String backend) throws IOException {
        Path model = TestFiles.fixture(folder, fixture);
        Path input = TestFiles.fixture(folder, Path.of(fixture).getParent() + "/reference.safetensors");
        Path plain = folder.resolve("plain.safetensors");
        Path folded = folder.resolve("folded.safetensors");
        Cli.run("convert", model, plain).succeeded();
        Cli.run("convert", model, folded, "--fold").succeeded();
        float[] expected = logits(model, backend, input);
        assertArrayEquals(expected, logits(plain, backend, input));
        assertArrayEquals(expected, logits(folded, backend, input));
    }

    private float[] logits(Path model, String backend, Path input) {
        Path output = folder.resolve("logits.safetensors");
        Cli.run("run", "--model", model, "--backend", backend, "--input", input, "--output", output).succeeded();
        return Safetensors.open(output).floats("logits");
    }

    @Test
    void convertingAgainGivesTheSameBytes() throws IOException {
        for (String fixture : FLOATS) {
            for (String option : new String[] {"--force", "--fold"}) {
                Path once = folder.resolve(option + "once.safetensors");
                Path twice = folder.resolve(option + "twice.safetensors");
                Files.deleteIfExists(once);
                Files.deleteIfExists(twice);
                Cli.run("convert", TestFiles.fixture(folder, fixture), once, option).succeeded();
                Cli.run("convert", once, twice, option).succeeded();
                assertEquals(-1, Files.mismatch(once, twice), fixture + " " + option);
            }
        }
    }

    @Test
    void theResultKeepsItsOriginWhateverItsName() throws IOException {
        Path model = TestFiles.fixture(folder, "tflite-float/weights.tflite");
        Path target = folder.resolve("any.name");
        JsonNode result = Cli.json("convert", model, target);
        assertEquals("TensorFlow Lite", result.get("format").textValue());
        assertEquals(Files.size(target), result.get("bytes").longValue());
        assertTrue(result.get("folded").booleanValue());
        assertTrue(result.get("warnings").isEmpty());
        JsonNode before = Cli.json("inspect", model);
        JsonNode after = Cli.json("inspect", target);
        for (String fact : List.of(
                "profile", "architecture", "family", "width_multiplier", "divisor", "input", "padding", "activation",
                "epsilon", "blocks", "features", "classes", "labels", "parameters", "macs", "preprocessing", "notes")) {
            assertEquals(before.get(fact), after.get(fact), fact);
        }
        JsonNode provenance = after.get("provenance");
        assertEquals("TensorFlow Lite", provenance.get("format").textValue());
        assertEquals(model.getFileName().toString(), provenance.get("file").textValue());
        assertEquals(FileHash.of(model).sha256(), provenance.get("sha256").textValue());
        assertTrue(provenance.get("converter").textValue().startsWith("spindle "), provenance.toString());
    }

    @Test
    void theDefaultModelKeepsItsLabels() throws IOException {
        Path model = TestFiles.embedded(folder);
        Path target = folder.resolve("out.safetensors");
        Cli.run("convert", model, target, "--fold").succeeded();
        assertEquals(Model.read(model).labels(), Model.read(target).labels());
        assertFalse(Model.read(target).labels().isEmpty());
    }

    static Stream<String> integerBackends() {
        return Backends.supported().stream().filter(backend -> Kernels.byName(backend).quantised().isPresent());
    }

    @ParameterizedTest
    @MethodSource("integerBackends")
    void integersAreKeptAndGiveTheSameBytes(String backend) throws IOException {
        Path model = TestFiles.fixture(folder, "tflite-int8/weights.tflite");
        Path input = TestFiles.fixture(folder, "tflite-int8/reference.safetensors");
        Path kept = folder.resolve("kept.safetensors");
        JsonNode result = Cli.json("convert", model, kept);
        assertEquals("int8", result.get("precision").textValue());
        Path expected = folder.resolve("expected.safetensors");
        Path found = folder.resolve("found.safetensors");
        Cli.run("run", "--model", model, "--backend", backend, "--input", input, "--output", expected).succeeded();
        Cli.run("run", "--model", kept, "--backend", backend, "--input", input, "--output", found).succeeded();
        assertTrue(Safetensors.open(found).names().contains("output"));
        assertEquals(-1, Files.mismatch(expected, found));
        Path again = folder.resolve("again.safetensors");
        Cli.run("convert", kept, again).succeeded();
        assertEquals(-1, Files.mismatch(kept, again));
    }

    @Test
    void integersBecomeFloatsWhereAsked() throws IOException {
        Path model = TestFiles.fixture(folder, "tflite-int8/weights.tflite");
        Path target = folder.resolve("out.safetensors");
        JsonNode result = Cli.json("convert", model, target, "--dequantize");
        assertEquals("fp32", result.get("precision").textValue());
        assertTrue(Model.read(target).quantised().isEmpty());
        assertTrue(Model.read(target).source().notes().toString().contains("INT8 per channel"));
        Cli.run("convert", target, folder.resolve("again.safetensors")).succeeded();
        Path kept = folder.resolve("kept.safetensors");
        Path both = folder.resolve("both.safetensors");
        Cli.run("convert", model, kept).succeeded();
        Cli.run("convert", kept, both, "--dequantize").succeeded();
        assertArrayEquals(
                Safetensors.open(target).floats("stem.weight"), Safetensors.open(both).floats("stem.weight"));
    }

    @Test
    void nothingIsReplacedUnasked() throws IOException {
        Path model = TestFiles.fixture(folder, "tflite-float/weights.tflite");
        Path target = TestFiles.text(folder, "precious.txt", "mine");
        Cli.run("convert", model, target).refused(target, "exists", "--force");
        assertEquals("mine\n", Files.readString(target));
        Cli.run("convert", model, target, "--force").succeeded();
        assertEquals("MobileNetV2 0.35", Model.read(target).network().architecture());
        Cli.run("convert", model, folder, "--force").refused(folder, "a folder");
    }

    @Test
    void aFileMayBeConvertedInPlace() throws IOException {
        Path model = TestFiles.fixture(folder, "timm-safetensors/weights.safetensors");
        Path copy = folder.resolve("copy.safetensors");
        Cli.run("convert", model, copy).succeeded();
        Cli.run("convert", model, model, "--force").succeeded();
        assertEquals(-1, Files.mismatch(copy, model));
    }

    @Test
    void saysWhereFactsDisagree() throws IOException {
        Path model = TestFiles.fixture(folder, "tflite-float/weights.tflite");
        Path named = Files.move(model, folder.resolve("net-0123abcd.tflite"));
        String text = Cli.run("convert", named, folder.resolve("out.safetensors")).succeeded().out();
        assertTrue(text.contains("warning: the file's name says SHA-256 0123abcd, but"), text);
    }

    @Test
    void refusesWhatIsNoModel() throws IOException {
        Path text = TestFiles.text(folder, "text.bin", "this is no model");
        Path target = folder.resolve("out.safetensors");
        Cli.run("convert", text, target).refused(text, "expected a model file");
        Path missing = folder.resolve("missing.tflite");
        Cli.run("convert", missing, target).refused(missing, "no such file");
        assertFalse(Files.exists(target));
    }

    /** A conversion that is killed leaves the whole file or none, and what stood there before until then. */
    @Test
    void aKilledConversionLeavesNoHalfFile() throws Exception {
        Path model = TestFiles.fixture(folder, "tflite-float/weights.tflite");
        Path expected = folder.resolve("expected.safetensors");
        Cli.run("convert", model, expected).succeeded();
        Path target = folder.resolve("target.safetensors");
        Random random = new Random(5);
        for (int round = 0; round < 3; round++) {
            Files.deleteIfExists(target);
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                            "-cp", System.getProperty("java.class.path"),
                            EndlessConversion.class.getName(), model.toString(), target.toString())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            while (process.isAlive() && !Files.exists(target)) {
                Thread.sleep(1);
            }
            Thread.sleep(random.nextInt(100));
            assertTrue(process.isAlive(), "it ended by itself");
            process.destroyForcibly().waitFor();
            assertEquals(-1, Files.mismatch(expected, target));
        }
    }

    /** A full disk's stand-in is a limit on the length of files. */
    @Test
    void aFullDiskLeavesWhatWasThere() throws Exception {
        Path model = TestFiles.fixture(folder, "tflite-float/weights.tflite");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Path target = Files.writeString(empty.resolve("target.safetensors"), "mine");
        Process process = TestFiles.withFilesUpTo(500, "convert", model, target, "--force");
        String message = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(ExitCode.FAILURE, process.waitFor(), message);
        assertTrue(message.contains("spindle: " + target + ": cannot be written: File too large"), message);
        assertEquals("mine", Files.readString(target));
        try (Stream<Path> left = Files.list(empty)) {
            assertEquals(List.of(target), left.toList());
        }
    }
}
