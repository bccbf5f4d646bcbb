package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {

    @TempDir
    private Path folder;

    private static List<String> othersThanScalar() {
        return Backends.supported().stream().filter(name -> !name.equals("scalar")).toList();
    }

    @Test
    void comparesAllBackendsLayerByLayer() {
        JsonNode result = Cli.json("compare");
        assertEquals("scalar", result.get("reference").textValue());
        List<String> backends = new ArrayList<>();
        result.get("backends").forEach(backend -> backends.add(backend.textValue()));
        assertEquals(othersThanScalar(), backends);
        JsonNode layers = result.get("layers");
        // The stem, 16 blocks of three and one of two, the head, the pool and the classifier.
        assertEquals(1 + 16 * 3 + 2 + 3, layers.size());
        assertEquals("stem", layers.get(0).get("name").textValue());
        assertEquals(32, layers.get(0).get("height").intValue());
        assertEquals(16, layers.get(0).get("channels").intValue());
        assertEquals("classifier", layers.get(layers.size() - 1).get("name").textValue());
        boolean differs = false;
        for (JsonNode layer : layers) {
            assertTrue(layer.get("largest").doubleValue() > 0, layer.toString());
            assertEquals(backends.size(), layer.get("differences").size());
            for (JsonNode difference : layer.get("differences")) {
                assertTrue(difference.get("absolute").doubleValue() <= 1e-5 * layer.get("largest").doubleValue(),
                        layer.toString());
                assertEquals(
                        difference.get("absolute").doubleValue() == 0, difference.get("ulps").longValue() == 0,
                        layer.toString());
                differs |= difference.get("ulps").longValue() > 0;
            }
        }
        assertTrue(differs || backends.isEmpty(), "backends that round differently differ somewhere");
        assertEquals(layers.get(layers.size() - 1).get("differences"), result.get("fused_logits").get("differences"));
    }

    @Test
    void oneBackendMayBeTheReferenceOfAnother() throws IOException {
        String other = othersThanScalar().getFirst();
        Path picture = TestFiles.picture(folder, "sun.png");
        JsonNode there = Cli.json("compare", "--backends", "scalar," + other, "--reference", other, "--input", picture);
        JsonNode back = Cli.json("compare", "--backends", other, "--input", picture);
        assertEquals("[\"scalar\"]", there.get("backends").toString());
        for (int i = 0; i < there.get("layers").size(); i++) {
            JsonNode a = there.get("layers").get(i).get("differences").get(0);
            JsonNode b = back.get("layers").get(i).get("differences").get(0);
            assertEquals(a.get("absolute"), b.get("absolute"));
            assertEquals(a.get("ulps"), b.get("ulps"));
        }
    }

    @Test
    void takesTensorsOfAnySize() {
        Path input = folder.resolve("x.safetensors");
        float[] values = Noise.fill(new float[2 * 33 * 40 * 3]);
        Safetensors.write(input, Map.of("input", Safetensors.Tensor.of(values, 2, 33, 40, 3)), Map.of());
        JsonNode result = Cli.json("compare", "--backends", othersThanScalar().getFirst(), "--input", input);
        assertEquals(2, result.get("images").intValue());
        assertEquals(33, result.get("height").intValue());
        assertEquals(40, result.get("width").intValue());
        assertEquals(17, result.get("layers").get(0).get("height").intValue());
    }

    @Test
    void showsATable() throws IOException {
        Path model = TestFiles.fixture(folder, "tflite-float/weights.tflite");
        String backends = String.join(",", othersThanScalar());
        List<String> lines = Cli.run("compare", "--model", model, "--backends", backends).succeeded().out().lines().toList();
        assertEquals("MobileNetV2 0.35, 1 image of 64x64, largest differences from scalar", lines.getFirst());
        assertTrue(lines.get(2).contains(othersThanScalar().getFirst()), lines.get(2));
        assertTrue(lines.get(4).matches("stem +32x32x16( +\\S+ +[0-9,]+ +\\d+\\.\\d)+"), lines.get(4));
        assertTrue(lines.getLast().startsWith("logits, fused      1x1x10 "), lines.getLast());
    }

    @Test
    void refusesWhatCannotBeCompared() throws IOException {
        Cli.run("compare", "--backends", "scalar").refused("--backends", "beside the reference scalar");
        Cli.run("compare", "--backends", "vector-1024").refused("--backends", "vector-1024");
        KernelCandidate missing = Backends.unsupported();
        Cli.run("compare", "--backends", missing.name()).refused("--backends", missing.name());
        Cli.run("compare", "--reference", "nothing").refused("--reference", "nothing");
        Path text = TestFiles.text(folder, "text.safetensors", "this is no tensor file");
        Cli.run("compare", "--input", text).refused(text);
        Path picture = TestFiles.text(folder, "text.png", "this is no picture");
        Cli.run("compare", "--input", picture).refused(picture);
    }
}
