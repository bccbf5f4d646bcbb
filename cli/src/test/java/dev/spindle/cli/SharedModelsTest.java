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
        JsonNode expected = new ObjectMapper().readTree(MODELS.resolve("expected.json").toFile()).get(model);
        List<Object> arguments = new ArrayList<>(List.of("classify", "--backend", backend, "--top", 1));
        arguments.addAll(List.of("--model", MODELS.resolve(model + ".tflite")));
        arguments.addAll(List.of("--labels", MODELS.resolve("imagenet_labels.txt")));
        expected.fieldNames().forEachRemaining(photo -> arguments.add(SHARED.resolve("photos").resolve(photo)));
        JsonNode images = Cli.json(arguments.toArray()).get("images");
        assertFalse(images.isEmpty());
        for (JsonNode image : images) {
            String photo = Path.of(image.get("file").textValue()).getFileName().toString();
            assertEquals(
                    expected.get(photo).get("float_top5").get(0).get(0).textValue(),
                    image.get("classes").get(0).get("label").textValue(),
                    photo);
        }
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
            Cli.run("run", "--model", file, "--backend", backend, "--input", input, "--output", output).succeeded();
            float[] logits = expected.floats(photo + ".float_logits");
            float[] found = Safetensors.open(output).floats("logits");
            assertEquals(logits.length, found.length);
            for (int i = 0; i < logits.length; i++) {
                assertEquals(logits[i], found[i], 1e-3f, photo + " class " + i);
            }
        }
    }
}
