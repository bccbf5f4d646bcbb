package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.Checkpoint;
import dev.spindle.image.Preprocessing;
import dev.spindle.kernel.Kernels;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Sampling;
import dev.spindle.plan.Weights;
import dev.spindle.weights.Safetensors;
import dev.spindle.weights.SafetensorsWriter;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentCommandTest {

    @TempDir
    private Path folder;

    private Path model;

    /** A narrow network with random weights, and 21 classes without labels. */
    @BeforeEach
    void write() {
        Network backbone = MobileNetV2.builder().widthMultiplier(0.35).resolution(65).outputStride(16).build();
        int channels = backbone.channels();
        DeepLab top = new DeepLab(
                Conv.pointwise("aspp", channels, 16, Activation.RELU),
                Conv.pointwise("image_pooling", channels, 16, Activation.RELU),
                Conv.pointwise("projection", 32, 16, Activation.RELU),
                Conv.pointwise("logits", 16, 21, Activation.LINEAR), true, Sampling.ALIGN_CORNERS);
        Network network = new Network(
                "MobileNetV2 0.35, DeepLabv3 head", 65, 65, backbone.padding(), backbone.stem(), backbone.blocks(), top);
        model = folder.resolve("segments.safetensors");
        SafetensorsWriter.write(model, new Checkpoint(
                network, Weights.random(network, 8), Preprocessing.TF, List.of(),
                new Checkpoint.Source("none", "random", Double.NaN, List.of(), List.of())));
    }

    @Test
    void writesMaskAndOverlayAtThePicturesOwnSize() throws IOException {
        Path picture = TestFiles.picture(folder, "sun.png");
        Path mask = folder.resolve("mask.png");
        Path overlay = folder.resolve("overlay.png");
        JsonNode result = Cli.json("segment", "--model", model, picture, "-o", mask, "--overlay", overlay);
        BufferedImage classes = ImageIO.read(mask.toFile());
        assertEquals(120, classes.getWidth());
        assertEquals(90, classes.getHeight());
        IndexColorModel palette = (IndexColorModel) classes.getColorModel();
        assertEquals(0xFF000000, palette.getRGB(0));
        assertEquals(0xFF808000, palette.getRGB(3));
        assertEquals(0xFF004080, palette.getRGB(20));
        int[] pixels = new int[256];
        for (int y = 0; y < 90; y++) {
            for (int x = 0; x < 120; x++) {
                pixels[classes.getRaster().getSample(x, y, 0)]++;
            }
        }
        int last = Integer.MAX_VALUE;
        int sum = 0;
        for (JsonNode area : result.get("classes")) {
            int count = area.get("pixels").intValue();
            assertEquals(pixels[area.get("index").intValue()], count);
            assertEquals(count / 10_800.0, area.get("share").doubleValue(), 1e-12);
            assertTrue(count <= last);
            last = count;
            sum += count;
        }
        assertEquals(10_800, sum);
        BufferedImage over = ImageIO.read(overlay.toFile());
        assertEquals(120, over.getWidth());
        assertEquals(90, over.getHeight());
    }

    @Test
    void aFullDiskLeavesWhatWasThere() throws Exception {
        BufferedImage noise = new BufferedImage(120, 90, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(5);
        for (int i = 0; i < 120 * 90; i++) {
            noise.setRGB(i % 120, i / 120, random.nextInt(1 << 24));
        }
        Path picture = folder.resolve("noise.png");
        ImageIO.write(noise, "png", picture.toFile());
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Path overlay = Files.writeString(empty.resolve("overlay.png"), "mine");
        Process process = TestFiles.withFilesUpTo(9, "segment", "--model", model, picture, "--overlay", overlay);
        String message = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(ExitCode.FAILURE, process.waitFor(), message);
        assertTrue(message.contains("spindle: " + overlay + ": cannot be written: File too large"), message);
        assertEquals("mine", Files.readString(overlay));
        try (Stream<Path> left = Files.list(empty)) {
            assertEquals(List.of(overlay), left.toList());
        }
    }

    @Test
    void printsTheShareOfEachClass() throws IOException {
        Path picture = TestFiles.picture(folder, "sun.png");
        List<String> lines = Cli.run("segment", "--model", model, picture).succeeded().out().lines().toList();
        assertEquals(picture.toString(), lines.getFirst());
        assertTrue(lines.get(1).matches(" +\\d+\\.\\d\\d %  [a-z]+"), lines.get(1));
    }

    @Test
    void theOutputStrideCanBeChosen() throws IOException {
        Path picture = TestFiles.picture(folder, "sun.png");
        String usual = Cli.run("segment", "--model", model, picture).succeeded().out();
        assertEquals(usual, Cli.run("segment", "--model", model, "--output-stride", 16, picture).succeeded().out());
        assertNotEquals(usual, Cli.run("segment", "--model", model, "--output-stride", 8, picture).succeeded().out());
        Cli.run("segment", "--model", model, "--output-stride", 7, picture)
                .refused("--output-stride: output stride 7, expected 8, 16 or 32");
    }

    @Test
    void networksOfTheOtherKindAreRefused() throws IOException {
        Path picture = TestFiles.picture(folder, "sun.png");
        Cli.run("segment", picture)
                .refused("embedded: expected a segmentation network, found MobileNetV2 0.35", "'classify'");
        Cli.run("classify", "--model", model, picture)
                .refused(model, "expected a classifier, found MobileNetV2 0.35, DeepLabv3 head", "'segment'");
    }

    @Test
    void quantizeMakesTheSameBytesForEveryBackend() throws IOException {
        Path pictures = TestFiles.scenes(folder.resolve("pictures"), 6, 1);
        Path integers = folder.resolve("int8.safetensors");
        JsonNode result = Cli.json("quantize", model, "--calibrate", pictures, "-o", integers);
        assertEquals(6, result.get("images").intValue());
        assertTrue(result.get("top1_agreement").doubleValue() > 50, result.toString());
        assertEquals("int8", Cli.json("inspect", integers).get("precision").textValue());
        Path input = folder.resolve("x.safetensors");
        float[] values = Noise.fill(new float[2 * 65 * 65 * 3]);
        Safetensors.write(input, Map.of("input", Safetensors.Tensor.of(values, 2, 65, 65, 3)), Map.of());
        byte[] expected = null;
        for (String backend : Backends.supported()) {
            if (Kernels.byName(backend).quantised().isPresent()) {
                Path output = folder.resolve(backend + ".safetensors");
                Cli.run("run", "--model", integers, "--backend", backend, "--input", input, "--output", output).succeeded();
                byte[] found = Files.readAllBytes(output);
                expected = expected == null ? found : expected;
                assertArrayEquals(expected, found, backend);
            }
        }
    }

    @Test
    void otherCommandsTakeSegmentationNetworks() {
        Cli compared = Cli.run("compare", "--model", model, "--backends", Backends.supported().getFirst());
        assertTrue(compared.succeeded().out().contains("logits, fused      5x5x21"), compared.out());
        JsonNode measured = Cli.json("bench", "--model", model, "--seconds", "0.01", "--warmup", "0");
        assertEquals("fp32", measured.get("precision").asText());
        String inspected = Cli.run("inspect", model).succeeded().out();
        assertTrue(inspected.contains("DeepLabv3 head"), inspected);
        assertFalse(inspected.contains("WARNING"), inspected);
    }
}
