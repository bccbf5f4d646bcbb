package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.weights.Safetensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The published ImageNet networks on real photos, where they are at hand. */
class SharedModelsTest {

    private static final Path SHARED = Path.of(System.getProperty("spindle.shared"));
    private static final Path MODELS = SHARED.resolve("models");

    @TempDir
    private Path folder;

    @BeforeEach
    void needsTheModels() {
        assumeTrue(Files.isDirectory(MODELS), () -> "no real networks and photos in " + SHARED);
    }

    static Stream<Arguments> modelsOnBackends() {
        return Stream.of("mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq")
                .flatMap(model -> Backends.supported().stream().map(backend -> Arguments.of(model, backend)));
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("modelsOnBackends")
    void namesWhatIsOnEachPhoto(String model, String backend) throws IOException {
        assertNames(model, backend, "fp32", "float_top5");
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("modelsOnBackendsWithIntegers")
    void namesWhatIsOnEachPhotoInIntegers(String model, String backend) throws IOException {
        assertNames(model, backend, "int8", "quantized_top5");
    }

    private static void assertNames(String model, String backend, String precision, String key) throws IOException {
        JsonNode expected = new ObjectMapper().readTree(MODELS.resolve("expected.json").toFile()).get(model);
        List<Object> arguments = new ArrayList<>(List.of("classify", "--backend", backend, "--precision", precision, "--top", 1));
        arguments.addAll(List.of("--model", MODELS.resolve(model + ".tflite")));
        arguments.addAll(List.of("--labels", MODELS.resolve("imagenet_labels.txt")));
        expected.fieldNames().forEachRemaining(photo -> arguments.add(SHARED.resolve("photos").resolve(photo)));
        JsonNode images = Cli.json(arguments.toArray()).get("images");
        assertFalse(images.isEmpty());
        for (JsonNode image : images) {
            String photo = Path.of(image.get("file").textValue()).getFileName().toString();
            assertEquals(
                    expected.get(photo).get(key).get(0).get(0).textValue(),
                    image.get("classes").get(0).get("label").textValue(),
                    photo);
        }
    }

    static Stream<Arguments> modelsOnBackendsWithIntegers() {
        return Stream.of("mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq")
                .flatMap(model -> Backends.withIntegers().stream().map(backend -> Arguments.of(model, backend)));
    }

    /** All four pictures in one batch, on two threads. */
    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("modelsOnBackendsWithIntegers")
    void givesTheBytesOfTheFramework(String model, String backend) {
        Safetensors expected = Safetensors.open(MODELS.resolve(model + ".expected.safetensors"));
        List<String> photos = expected.names().stream()
                .filter(name -> name.endsWith(".pixels"))
                .map(name -> name.substring(0, name.lastIndexOf('.')))
                .toList();
        byte[] pixels = new byte[photos.size() * 224 * 224 * 3];
        byte[] bytes = new byte[photos.size() * 1001];
        for (int i = 0; i < photos.size(); i++) {
            expected.tensor(photos.get(i) + ".pixels").data().get(pixels, i * 224 * 224 * 3, 224 * 224 * 3);
            expected.tensor(photos.get(i) + ".uint8").data().get(bytes, i * 1001, 1001);
        }
        Path input = folder.resolve("input.safetensors");
        Path output = folder.resolve("output.safetensors");
        Safetensors.Tensor tensor = Safetensors.Tensor.of(Safetensors.Type.U8, pixels, photos.size(), 224, 224, 3);
        Safetensors.write(input, Map.of("input", tensor), Map.of());
        JsonNode result = Cli.json(
                "run", "--model", MODELS.resolve(model + ".tflite"), "--backend", backend, "--threads", 2,
                "--input", input, "--output", output);
        assertEquals("int8", result.get("precision").textValue());
        Safetensors.Tensor found = Safetensors.open(output).tensor("output");
        assertEquals(List.of(4, 1001), found.shape());
        assertEquals(Safetensors.Type.U8, found.type());
        assertEquals(ByteBuffer.wrap(bytes), found.data());
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("modelsOnBackends")
    void agreesWithTheLogitsOfTheFramework(String model, String backend) {
        Path file = MODELS.resolve(model + ".tflite");
        Checkpoint checkpoint = Model.read(file);
        Safetensors expected = Safetensors.open(MODELS.resolve(model + ".expected.safetensors"));
        List<String> photos = expected.names().stream()
                .filter(name -> name.endsWith(".pixels"))
                .map(name -> name.substring(0, name.lastIndexOf('.')))
                .toList();
        assertEquals(4, photos.size());
        for (String photo : photos) {
            float[] pixels = expected.floats(photo + ".pixels");
            float[] mean = checkpoint.preprocessing().mean();
            float[] scale = checkpoint.preprocessing().scale();
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (pixels[i] - mean[i % 3]) * scale[i % 3];
            }
            Path input = folder.resolve("input.safetensors");
            Path output = folder.resolve("output.safetensors");
            Safetensors.write(input, Map.of("input", Safetensors.Tensor.of(pixels, 1, 224, 224, 3)), Map.of());
            Cli.run(
                            "run", "--model", file, "--backend", backend, "--precision", "fp32",
                            "--input", input, "--output", output)
                    .succeeded();
            float[] logits = expected.floats(photo + ".float_logits");
            float[] found = Safetensors.open(output).floats("logits");
            assertEquals(logits.length, found.length);
            for (int i = 0; i < logits.length; i++) {
                assertEquals(logits[i], found[i], 1e-3f, photo + " class " + i);
            }
        }
    }
}
