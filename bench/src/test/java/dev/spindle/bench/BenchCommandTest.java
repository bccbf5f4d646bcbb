package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.plan.Weights;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BenchCommandTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(String... arguments) {
        CommandLine command = BenchCommand.commandLine();
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(err));
        return command.execute(arguments);
    }

    @Test
    void comparePrintsOneLineAPeer() {
        int code = execute(
                "compare", "--width", "0.35", "--resolution", "32", "--batch", "2", "--backends", "onnxruntime,scalar",
                "--warmup", "0", "--seconds", "0.1");
        assertEquals(0, code, err::toString);
        List<String> lines = out.toString().lines().toList();
        assertEquals(6, lines.size(), out::toString);
        assertTrue(lines.get(0).startsWith("MobileNetV2 0.35 at 32x32, batch 2, threads 1: "), lines.get(0));
        assertTrue(lines.get(1).startsWith("FMA peak of one core, "), lines.get(1));
        assertTrue(
                lines.get(2).matches("Other processes used (\\d+|NaN) % of the processors meanwhile"), lines.get(2));
        assertTrue(lines.get(4).matches("onnxruntime .* 1\\.000   1\\.000 1\\.000 1\\.000"), lines.get(4));
        assertTrue(lines.get(5).startsWith("scalar  "), lines.get(5));
    }

    @Test
    void profilePrintsLayersKindsAndTheTotal() {
        int code = execute(
                "profile", "--width", "0.35", "--resolution", "32", "--backend", "scalar", "--warmup", "0", "--seconds",
                "0.01");
        assertEquals(0, code, err::toString);
        List<String> lines = out.toString().lines().toList();
        assertEquals("MobileNetV2 0.35 on scalar, one thread", lines.getFirst());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("stem 256.27.16  ")), out::toString);
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("1x1+depthwise s2 at 64  ")), out::toString);
        assertTrue(lines.getLast().startsWith("all layers  "), out::toString);
    }

    @Test
    void peakPrintsTheRoof() {
        assertEquals(0, execute("peak", "--seconds", "0.05"));
        String lines = "FMA peak of one core, \\d+-bit vectors: \\d+\\.\\d GFLOP/s\\R"
                + "(Peak of products of bytes of one core, native-\\w+: \\d+\\.\\d GOP/s\\R)*";
        assertTrue(out.toString().matches(lines), out::toString);
    }

    @Test
    void loadPrintsMediansOfEachFile(@TempDir Path folder) throws IOException {
        Network network = MobileNetV2.builder().widthMultiplier(0.35).build();
        Path model = folder.resolve("model.onnx");
        Files.write(model, OnnxExport.write(network, Weights.random(network, 1), 1));
        assertEquals(0, execute("load", "--warmup", "0", "--loads", "1", model.toString()), err::toString);
        assertTrue(out.toString().lines().toList().getLast().matches(" *\\d+\\.\\d +\\d+\\.\\d  .*model\\.onnx"), out::toString);
        assertEquals(2, execute("load", "--loads", "0", model.toString()));
        assertEquals("load: warmup 5 and loads 0, expected at least 0 and 1", err.toString().lines().toList().getLast());
    }

    /** In place of the spindle command stands a script that prints probabilities, first others than those of the network. */
    @DisabledOnOs(OS.WINDOWS)
    @Test
    void startRunsWholeProcessesThatPrintTheSame(@TempDir Path folder) throws IOException {
        Network network = MobileNetV2.builder().widthMultiplier(0.35).resolution(32).classes(10).build();
        Path model = folder.resolve("model.onnx");
        Files.write(model, OnnxExport.write(network, Weights.random(network, 1), 1));
        Path photo = folder.resolve("photo.png");
        ImageIO.write(new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB), "png", photo.toFile());
        Path launcher = Files.writeString(folder.resolve("launcher"), "#!/bin/sh\necho '99.00 %'\n");
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
        String[] start = {
            "start", "--runs", "1", "--launcher", launcher.toString(), "--model", model.toString(), photo.toString()
        };
        assertEquals(1, execute(start));
        Matcher found = Pattern.compile("start: onnxruntime: found probabilities \\[(.*)], expected \\[99.0]\\R")
                .matcher(err.toString());
        assertTrue(found.matches(), err::toString);
        assertEquals(5, found.group(1).split(", ").length);

        String printed = Arrays.stream(found.group(1).split(", ")).map(each -> "echo '" + Double.valueOf(each) + " %'\n")
                .collect(Collectors.joining());
        Files.writeString(launcher, "#!/bin/sh\n" + printed);
        assertEquals(0, execute(start), err::toString);
        List<String> lines = out.toString().lines().toList();
        assertEquals("MobileNetV2 0.35 at 32x32, one photo, 1 runs in turn", lines.getFirst());
        assertTrue(lines.getLast().matches("onnxruntime +\\d+\\.\\d+ +\\d+\\.\\d+ +1\\.00"), out::toString);
        assertEquals(5, lines.size(), out::toString);

        Files.writeString(launcher, "#!/bin/sh\necho no such thing\nexit 3\n");
        assertEquals(1, execute(start));
        assertTrue(err.toString().endsWith("start: spindle: exit code 3: no such thing" + System.lineSeparator()), err::toString);
    }

    @Test
    void wrongArgumentsAreExplainedInOneLine(@TempDir Path folder) {
        assertEquals(2, execute("compare", "--backends", "vector-257"));
        assertTrue(err.toString().startsWith("compare: unknown backend vector-257, expected "), err::toString);
        assertEquals(1, err.toString().lines().count(), err::toString);
        Path missing = folder.resolve("missing.tflite");
        assertEquals(2, execute("profile", "--model", missing.toString()));
        assertTrue(err.toString().endsWith("profile: " + missing + ": no such file" + System.lineSeparator()), err::toString);
    }

    @Test
    void whatCannotRunHereIsAFailure() {
        assertEquals(1, execute("compare", "--width", "0.35", "--resolution", "32", "--backends", "auto"));
        assertTrue(err.toString().startsWith("compare: asked for auto, but "), err::toString);
    }

    @Test
    void aCommandIsNeeded() {
        assertEquals(2, execute());
        assertTrue(err.toString().startsWith("expected a command"), err::toString);
    }
}
