package dev.spindle.bench;

import ai.onnxruntime.OrtEnvironment;
import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.image.ImageDecoder;
import dev.spindle.image.Preprocessing;
import dev.spindle.weights.DefaultModel;
import dev.spindle.weights.SafetensorsWriter;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.util.ListStatistics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures whole processes that classify one photo, in turn; see {@link OnnxRuntimeClassify}. */
@Command(
        name = "start",
        description = {
            "Measures how long it takes to classify one photo, from the start of the process to its end.",
            "In turn: the spindle command, the same without C kernels, and a program that does it with ONNX Runtime. All have"
                    + " run before, so that files are in memory, and each starts from a cache of loaded classes."
        },
        mixinStandardHelpOptions = true)
final class StartCommand implements Runnable {

    private static final Map<String, String> WITHOUT_C = Map.of("SPINDLE_JAVA_OPTS", "-Dspindle.native.library=none");

    private static final Pattern PERCENTAGE = Pattern.compile("(\\d+\\.\\d+) %");

    /** Of what is printed, in percentage points. */
    private static final double TOLERANCE = 0.015;

    @Parameters(paramLabel = "PHOTO", description = "What to classify.")
    private Path photo;

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "With which network (default: the embedded one, and MobileNetV2 1.0 with random weights).")
    private Path model;

    @Option(names = "--runs", defaultValue = "15", description = "Runs that count, of each (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(
            names = "--launcher",
            paramLabel = "FILE",
            defaultValue = "./spindle",
            description = "The spindle command (default: ${DEFAULT-VALUE}).")
    private Path launcher;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        if (runs < 1) {
            throw new IllegalArgumentException("runs " + runs + ", expected at least 1");
        }
        try {
            Path folder = Files.createTempDirectory("spindle-start");
            try {
                if (model != null) {
                    measure(folder, Model.read(model), List.of("--model", model.toString()));
                } else {
                    measure(folder, DefaultModel.load(), List.of());
                    Checkpoint usual = Workload.mobileNetV2(1.0, 224, 1, 1).checkpoint();
                    Path file = folder.resolve("usual.safetensors");
                    SafetensorsWriter.write(file, usual);
                    measure(folder, usual, List.of("--model", file.toString()));
                }
            } finally {
                delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("temporary files: " + e.getMessage(), e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private void measure(Path folder, Checkpoint checkpoint, List<String> modelArguments) throws IOException {
        List<String> classify = new ArrayList<>(List.of(launcher.toString(), "classify"));
        classify.addAll(modelArguments);
        classify.add(photo.toString());
        List<Program> programs = List.of(
                new Program("spindle", classify, Map.of()),
                new Program("spindle, without C", classify, WITHOUT_C),
                onnxRuntime(folder, checkpoint));
        String expected = null;
        List<ListStatistics> seconds = new ArrayList<>();
        for (Program program : programs) {
            program.run(); // The launcher prepares its cache.
            String output = program.run().output();
            expected = expected == null ? output : expected;
            requireSame(program.name(), percentages(expected), percentages(output));
            seconds.add(new ListStatistics());
        }
        for (int run = 0; run < runs; run++) {
            for (int i = 0; i < programs.size(); i++) {
                seconds.get(i).addValue(programs.get(i).run().seconds());
            }
        }
        print(checkpoint, programs, seconds);
    }

    private static List<Double> percentages(String output) {
        return PERCENTAGE.matcher(output).results().map(found -> Double.valueOf(found.group(1))).toList();
    }

    /** Whoever prints other probabilities has done another job. */
    private static void requireSame(String name, List<Double> expected, List<Double> found) {
        boolean same = !found.isEmpty() && found.size() == expected.size();
        for (int i = 0; same && i < found.size(); i++) {
            same = Math.abs(found.get(i) - expected.get(i)) < TOLERANCE;
        }
        if (!same) {
            throw new IllegalStateException(name + ": found probabilities " + found + ", expected " + expected);
        }
    }

    /** The program of ONNX Runtime, with the network's export and a cache of classes. */
    private Program onnxRuntime(Path folder, Checkpoint checkpoint) throws IOException {
        Preprocessing preprocessing = checkpoint.preprocessing();
        if (!OnnxRuntimeClassify.knows(preprocessing)) {
            throw new IllegalArgumentException(
                    "preprocessing " + preprocessing + ", expected a preset, with whatever ratio of the resize");
        }
        Path export = folder.resolve("network.onnx");
        Files.write(export, OnnxExport.write(checkpoint.network(), checkpoint.weights(), 1));
        Path cache = folder.resolve("classes.aot");
        List<Path> places = Stream.of(OnnxRuntimeClassify.class, ImageDecoder.class, OrtEnvironment.class)
                .map(StartCommand::place)
                .toList();
        String classPath = places.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        List<String> arguments = List.of(
                "-XX:+UseSerialGC", "-Djava.awt.headless=true", "--enable-native-access=ALL-UNNAMED", "-cp", classPath,
                OnnxRuntimeClassify.class.getName(), export.toString(), preprocessing.name(),
                Double.toString(preprocessing.resizeRatio()), photo.toString());
        if (places.stream().anyMatch(Files::isDirectory)) { // The JVM has caches for jars only.
            return new Program(OnnxRuntimePeer.NAME, java(List.of(), arguments), Map.of());
        }
        new Program(OnnxRuntimePeer.NAME, java(List.of("-XX:AOTCacheOutput=" + cache), arguments), Map.of()).run();
        return new Program(OnnxRuntimePeer.NAME, java(List.of("-XX:AOTCache=" + cache), arguments), Map.of());
    }

    private static List<String> java(List<String> options, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(arguments);
        return command;
    }

    private static Path place(Class<?> of) {
        try {
            return Path.of(of.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private void print(Checkpoint checkpoint, List<Program> programs, List<ListStatistics> seconds) {
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                Locale.ROOT, "%s at %dx%d, one photo, %d runs in turn%n", checkpoint.network().architecture(),
                checkpoint.network().height(), checkpoint.network().width(), runs);
        out.printf("%-20s %9s %9s %7s%n", "", "median s", "min s", "ratio");
        double reference = seconds.getLast().getPercentile(50);
        for (int i = 0; i < programs.size(); i++) {
            double median = seconds.get(i).getPercentile(50);
            out.printf(
                    Locale.ROOT, "%-20s %9.3f %9.3f %7.2f%n", programs.get(i).name(), median, seconds.get(i).getMin(),
                    median / reference);
        }
        out.flush();
    }
}
