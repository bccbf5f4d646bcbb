package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.Checkpoint;
import dev.spindle.Detection;
import dev.spindle.detection.Box;
import dev.spindle.image.Image;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.SsdLite;
import dev.spindle.plan.Weights;
import dev.spindle.weights.SafetensorsWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DetectCommandTest {

    @TempDir
    private Path folder;

    private Path model;
    private Path picture;

    /** A detector of seeded weights: what it finds means nothing, but it finds something. */
    @BeforeEach
    void write() throws IOException {
        Network built = SsdLite.on(MobileNetV2.builder().widthMultiplier(0.35).resolution(96).build(), 3);
        Network network = new Network(
                "MobileNetV2 0.35, SSDLite head", built.height(), built.width(), built.padding(), built.stem(), built.blocks(),
                built.top());
        model = folder.resolve("detector.safetensors");
        SafetensorsWriter.write(model, new Checkpoint(
                network, Weights.random(network, 4), Preprocessing.TF, List.of("ant", "bee", "cow"),
                new Checkpoint.Source("test", "test", Double.NaN, List.of(), List.of())));
        picture = TestFiles.picture(folder, "sun.png");
    }

    @Test
    void printsWhatItFindsForPeople() {
        List<String> lines = Cli.run("detect", "--model", model, "--threshold", "0.3", picture)
                .succeeded().out().lines().toList();
        assertEquals(picture.toString(), lines.getFirst());
        assertTrue(lines.size() > 1, lines.toString());
        for (String line : lines.subList(1, lines.size())) {
            assertTrue(line.matches(" +\\d+\\.\\d\\d %  (ant|bee|cow), from \\d+,\\d+ to \\d+,\\d+"), line);
        }
        String nothing = Cli.run("detect", "--model", model, "--threshold", "1", picture).succeeded().out();
        assertEquals(picture + "\n  nothing\n", nothing);
    }

    @Test
    void printsBoxesInPixelsAsJson() {
        JsonNode result = Cli.json("detect", "--model", model, "--threshold", "0.3", picture);
        assertEquals(120, result.get("width").intValue());
        assertEquals(90, result.get("height").intValue());
        assertEquals("fp32", result.get("precision").textValue());
        assertFalse(result.get("detections").isEmpty());
        double last = 1;
        for (JsonNode found : result.get("detections")) {
            assertEquals(List.of("ant", "bee", "cow").get(found.get("index").intValue()), found.get("label").textValue());
            double score = found.get("score").doubleValue();
            assertTrue(0.3 <= score && score <= last, found.toString());
            last = score;
            JsonNode box = found.get("box");
            assertTrue(0 <= box.get("left").doubleValue() && box.get("right").doubleValue() <= 120, found.toString());
            assertTrue(0 <= box.get("top").doubleValue() && box.get("bottom").doubleValue() <= 90, found.toString());
        }
    }

    @Test
    void labelsMayBeginWithTheBackground() throws IOException {
        Path three = TestFiles.text(folder, "three.txt", "x", "y", "z");
        Path four = TestFiles.text(folder, "four.txt", "background", "x", "y", "z");
        String expected = Cli.run("detect", "--model", model, "--labels", three, picture).succeeded().out();
        assertEquals(expected, Cli.run("detect", "--model", model, "--labels", four, picture).succeeded().out());
        assertTrue(expected.contains(" x, from") || expected.contains(" y, from") || expected.contains(" z, from"), expected);
        Path five = TestFiles.text(folder, "five.txt", "1", "2", "3", "4", "5");
        Cli.run("detect", "--model", model, "--labels", five, picture).refused("five.txt: expected 3 labels");
    }

    @Test
    void drawsThePicture() throws IOException {
        Path out = folder.resolve("out.png");
        Cli.run("detect", "--model", model, "-o", out, picture).succeeded();
        BufferedImage drawn = ImageIO.read(out.toFile());
        assertEquals(120, drawn.getWidth());
        assertEquals(90, drawn.getHeight());
    }

    @Test
    void boxesAreDrawnWhereTheyAre() {
        Image grey = Image.ofRgb(200, 100, new byte[200 * 100 * 3]);
        Detection found = new Detection(1, "bee", 0.5f, new Box(20, 40, 120, 90));
        Canvas canvas = new Canvas(grey);
        BoxDrawing.draw(canvas, List.of(found));
        BufferedImage drawn = canvas.picture();
        int colour = Palette.colour(2);
        for (int x = 20; x < 120; x++) {
            assertEquals(colour, drawn.getRGB(x, 40) & 0xffffff, "x " + x);
            assertEquals(colour, drawn.getRGB(x, 89) & 0xffffff, "x " + x);
        }
        for (int y = 40; y < 90; y++) {
            assertEquals(colour, drawn.getRGB(20, y) & 0xffffff, "y " + y);
            assertEquals(colour, drawn.getRGB(119, y) & 0xffffff, "y " + y);
        }
        for (int x = 130; x < 200; x++) {
            assertEquals(0, drawn.getRGB(x, 60) & 0xffffff, "right of the box");
        }
        assertEquals(0, drawn.getRGB(70, 65) & 0xffffff, "inside of the box");
        assertNotEquals(0, drawn.getRGB(22, 36) & 0xffffff, "the label above the box");
    }

    /** What Java throws on a system without fonts. */
    @Test
    void withoutFontsBoxesHaveNoLabelsAndAMessageSaysSo() throws IOException {
        Detection found = new Detection(1, "bee", 0.5f, new Box(20, 40, 120, 90));
        Path out = folder.resolve("out.png");
        StringWriter err = new StringWriter();
        try (Canvas canvas = new Canvas(Image.ofRgb(200, 100, new byte[200 * 100 * 3]), graphics -> {
            throw new RuntimeException("Fontconfig head is null");
        })) {
            BoxDrawing.draw(canvas, List.of(found));
            canvas.write(out, new PrintWriter(err));
        }
        BufferedImage drawn = ImageIO.read(out.toFile());
        assertEquals(Palette.colour(2), drawn.getRGB(70, 40) & 0xffffff, "the box");
        assertEquals(0, drawn.getRGB(22, 36) & 0xffffff, "no label above the box");
        assertEquals(
                "spindle: " + out + ": drawn without letters, for the system has no fonts: Fontconfig head is null\n",
                err.toString());
    }

    @Test
    void onlyDetectorsDetect() throws IOException {
        Cli.run("detect", picture).refused("embedded: expected a detector, found MobileNetV2 0.35: 'classify' runs it");
        Cli.run("detect", "--model", model, "--threshold", "1.5", picture).refused("--threshold: expected 0 to 1, found 1.5");
        for (String command : List.of("classify", "evaluate")) {
            Cli.run(command, "--model", model, folder).refused("expected a classifier, found", "'detect' runs it");
        }
        for (String command : List.of("bench", "compare")) {
            Cli.run(command, "--model", model)
                    .refused("expected a classifier or a segmentation network, found", "'detect' runs it");
        }
    }

    @Test
    void inspectShowsADetector() {
        String text = Cli.run("inspect", model).succeeded().out();
        assertTrue(text.contains("MobileNetV2 0.35, SSDLite head"), text);
        assertTrue(text.contains("classes        3, with labels"), text);
    }

    @Test
    void aPictureThatCannotBeWrittenIsAFailure() throws IOException {
        Path missing = Files.createDirectory(folder.resolve("empty")).resolve("no").resolve("out.png");
        Cli run = Cli.run("detect", "--model", model, "-o", missing, picture);
        assertEquals(ExitCode.FAILURE, run.exitCode());
        run.assertMessage("out.png: cannot be written");
    }
}
