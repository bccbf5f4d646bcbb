package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.network.Conv;
import dev.spindle.network.Network;
import dev.spindle.weights.DefaultModel;
import dev.spindle.weights.FileHash;
import dev.spindle.weights.Safetensors;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetargetCommandTest {

    private static final List<String> CLASSES = List.of("disc", "stripes", "tiles");

    @TempDir
    private Path folder;

    /** A folder of pictures for each class, of colours and sizes by chance. */
    private Path pictures(String name, int each, long seed) throws IOException {
        Random random = new Random(seed);
        for (String shape : CLASSES) {
            Path shapes = Files.createDirectories(folder.resolve(name).resolve(shape));
            for (int i = 0; i < each; i++) {
                ImageIO.write(draw(shape, random), "png", shapes.resolve(i + ".png").toFile());
            }
        }
        return folder.resolve(name);
    }

    private static BufferedImage draw(String shape, Random random) {
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(Color.getHSBColor(random.nextFloat(), 0.5f, 0.4f));
        graphics.fillRect(0, 0, 64, 64);
        graphics.setColor(Color.getHSBColor(random.nextFloat(), 0.5f, 0.9f));
        int size = 6 + random.nextInt(4);
        int shift = random.nextInt(size);
        switch (shape) {
            case "disc" -> graphics.fillOval(8 + shift, 8 + shift, 4 * size, 4 * size);
            case "stripes" -> {
                for (int y = shift; y < 64; y += 2 * size) {
                    graphics.fillRect(0, y, 64, size);
                }
            }
            default -> {
                for (int tile = 0; tile < 64; tile++) {
                    graphics.fillRect(tile % 8 * 2 * size + shift, tile / 8 * 2 * size + shift, size, size);
                }
            }
        }
        graphics.dispose();
        return image;
    }

    private Path target() {
        return folder.resolve("mine.safetensors");
    }

    private Safetensors run(Path model, Path input, String output, Object... more) {
        Path file = folder.resolve(output);
        Object[] arguments = new Object[7 + more.length];
        List<Object> first = List.of("run", "--model", model, "--input", input, "--output", file);
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = i < 7 ? first.get(i) : more[i - 7];
        }
        Cli.run(arguments).succeeded();
        return Safetensors.open(file);
    }

    private Path noise(int side) {
        Path input = folder.resolve("x.safetensors");
        float[] values = Noise.fill(new float[2 * side * side * 3]);
        Safetensors.write(input, Map.of("input", Safetensors.Tensor.of(values, 2, side, side, 3)), Map.of());
        return input;
    }

    @Test
    void tellsNewClassesApart() throws IOException {
        Path pictures = pictures("pictures", 20, 1);
        JsonNode result = Cli.json("retarget", pictures, "-o", target());
        assertEquals(60, result.get("images").intValue());
        assertEquals(CLASSES, result.get("classes").findValuesAsText("label"));
        assertEquals(20, result.get("classes").get(2).get("pictures").intValue());
        assertTrue(result.get("cross_validated").get("accuracy").doubleValue() >= 95, result.toString());
        assertEquals(6, result.get("candidates").size());
        assertFalse(result.get("dequantized").booleanValue());
        Path others = pictures("others", 20, 2);
        JsonNode evaluated = Cli.json("evaluate", "--model", target(), others);
        assertEquals(60, evaluated.get("images").intValue());
        assertTrue(evaluated.get("top1").doubleValue() >= 95, evaluated.toString());
        JsonNode classified =
                Cli.json("classify", "--model", target(), "--top", 1, others.resolve("disc/0.png")).get("images").get(0);
        assertEquals("disc", classified.get("classes").get(0).get("label").textValue());
    }

    @Test
    void logitsAreFeaturesTimesWeightsAndBias() throws IOException {
        Path model = TestFiles.embedded(folder);
        Cli.run("retarget", "--model", model, pictures("pictures", 6, 1), "-o", target()).succeeded();
        Path input = noise(64);
        Safetensors before = run(model, input, "before.safetensors");
        Safetensors after = run(target(), input, "after.safetensors");
        float[] features = after.floats("features");
        assertArrayEquals(before.floats("features"), features);
        float[] weights = Safetensors.open(target()).floats("classifier.weight");
        float[] bias = Safetensors.open(target()).floats("classifier.bias");
        float[] logits = after.floats("logits");
        assertEquals(2 * 3, logits.length);
        for (int image = 0; image < 2; image++) {
            for (int c = 0; c < 3; c++) {
                double sum = bias[c];
                double magnitude = Math.abs(bias[c]);
                for (int i = 0; i < 1280; i++) {
                    double product = (double) weights[c * 1280 + i] * features[image * 1280 + i];
                    sum += product;
                    magnitude += Math.abs(product);
                }
                assertEquals(sum, logits[image * 3 + c], 1280 * Math.ulp(1f) * magnitude);
            }
        }
    }

    @Test
    void theRestStaysAndTheReportTravelsInTheFile() throws IOException {
        Path model = TestFiles.embedded(folder);
        Path pictures = pictures("pictures", 6, 1);
        TestFiles.text(pictures.resolve("tiles"), "damaged.png", "no picture");
        Cli run = Cli.run("retarget", "--model", model, pictures, "-o", target(), "--json");
        assertEquals(ExitCode.SUCCESS, run.exitCode());
        run.assertMessage("damaged.png", "expected a picture");
        JsonNode result = run.json();
        assertEquals(18, result.get("images").intValue());
        assertEquals(1, result.get("failed").size());
        assertEquals(Files.size(target()), result.get("bytes").longValue());
        Checkpoint source = DefaultModel.load();
        Checkpoint found = Model.read(target());
        assertEquals(CLASSES, found.labels());
        assertEquals(3, found.network().classes());
        assertEquals(source.network().backbone(), found.network().backbone());
        assertEquals(source.network().head(), found.network().head());
        assertEquals(source.preprocessing().toString(), found.preprocessing().toString());
        for (Conv conv : source.network().convolutions()) {
            assertArrayEquals(source.weights().layer(conv.name()).kernel(), found.weights().layer(conv.name()).kernel());
        }
        JsonNode inspected = Cli.json("inspect", target());
        String notes = inspected.get("notes").toString();
        assertTrue(notes.contains("on 18 pictures of 3 classes, seed 1, regularisation "), notes);
        assertTrue(notes.contains(Text.format(
                "in 5-fold cross-validation on those, top-1 was right in %.2f %%, with a log loss of %.4f",
                result.get("cross_validated").get("accuracy").doubleValue(),
                result.get("cross_validated").get("log_loss").doubleValue())), notes);
        assertEquals(FileHash.of(model).sha256(), inspected.get("provenance").get("sha256").textValue());
        Path again = folder.resolve("again.safetensors");
        Cli.run("convert", target(), again).succeeded();
        assertEquals(-1, Files.mismatch(target(), again));
    }

    @Test
    void theSameSeedGivesTheSameFile() throws IOException {
        Path pictures = pictures("pictures", 4, 1);
        Path other = folder.resolve("other.safetensors");
        Cli.run("retarget", pictures, "-o", target(), "--seed", 7, "--folds", 3).succeeded();
        Cli.run("retarget", pictures, "-o", other, "--seed", 7, "--folds", 3, "--threads", 2).succeeded();
        assertEquals(-1, Files.mismatch(target(), other));
    }

    @Test
    void integersBecomeFloats() throws IOException {
        Path model = TestFiles.fixture(folder, "tflite-int8/weights.tflite");
        Cli run = Cli.run("retarget", "--model", model, pictures("pictures", 4, 1), "-o", target()).succeeded();
        assertTrue(run.out().contains("note: the network was one of integers"), run.out());
        assertEquals("fp32", Cli.json("inspect", target()).get("precision").textValue());
        Network network = Model.read(model).network();
        Path input = noise(network.height());
        assertArrayEquals(
                run(model, input, "before.safetensors", "--precision", "fp32").floats("features"),
                run(target(), input, "after.safetensors").floats("features"));
    }

    @Test
    void saysItForPeople() throws IOException {
        List<String> lines = Cli.run("retarget", pictures("pictures", 2, 1), "-o", target()).succeeded().out().lines().toList();
        assertTrue(lines.get(0).startsWith(target() + ": MobileNetV2 0.35 for 3 classes, "), lines.toString());
        assertTrue(lines.get(1).matches("  trained on 6 pictures in .* s, 0 failed"), lines.toString());
        assertTrue(
                lines.get(2).matches("  5-fold cross-validation: top-1 .* %, log loss .*, regularisation .*"), lines.toString());
    }

    @Test
    void refusesWhatCannotBeLearnt() throws IOException {
        Path pictures = pictures("pictures", 2, 1);
        Cli.run("retarget", pictures, "-o", target(), "--folds", 1).refused("--folds: expected at least 2, found 1");
        Cli.run("retarget", pictures.resolve("disc"), "-o", target()).refused("two classes", "beside each other");
        Path lonely = folder.resolve("lonely");
        Path one = Files.createDirectories(lonely.resolve("one"));
        TestFiles.picture(one, "sun.png");
        Cli.run("retarget", lonely, "-o", target()).refused(lonely, "at least two classes, found 1 such folder");
        TestFiles.picture(Files.createDirectory(lonely.resolve("two")), "sun.png");
        Cli.run("retarget", lonely, "-o", target()).refused(one, "expected at least two pictures that can be read, found one");
        assertFalse(Files.exists(target()));
        Files.writeString(target(), "mine");
        Cli.run("retarget", pictures, "-o", target()).refused(target(), "exists", "--force");
    }
}
