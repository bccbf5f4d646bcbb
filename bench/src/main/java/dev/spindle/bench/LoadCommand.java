package dev.spindle.bench;

import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Warmup;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints how long model files take to load, once the JVM is warm and the files are cached. */
@Command(
        name = "load",
        description = {
            "Measures how long model files take to load.",
            "'read' makes network and weights of a file; 'ready' folds and packs them, too. The first loads of each file are"
                    + " not counted."
        },
        mixinStandardHelpOptions = true)
final class LoadCommand implements Runnable {

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Model files of any format.")
    private List<Path> files;

    @Option(names = "--warmup", defaultValue = "5", description = "Loads before (default: ${DEFAULT-VALUE}).")
    private int warmup;

    @Option(names = "--loads", defaultValue = "11", description = "Loads that count (default: ${DEFAULT-VALUE}).")
    private int loads;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        if (warmup < 0 || loads < 1) {
            throw new IllegalArgumentException(
                    "warmup " + warmup + " and loads " + loads + ", expected at least 0 and 1");
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(Locale.ROOT, "%12s %12s%n%12s %12s  %s%n", "read ms", "ready ms", "median", "median", "file");
        for (Path file : files) {
            double read = median(() -> Model.read(file));
            double ready = median(() -> Model.load(file, Options.DEFAULT.withWarmup(Warmup.NONE)).close());
            out.printf(Locale.ROOT, "%12.1f %12.1f  %s%n", read, ready, file);
            out.flush();
        }
    }

    private double median(Runnable load) {
        for (int i = 0; i < warmup; i++) {
            load.run();
        }
        double[] milliseconds = new double[loads];
        for (int i = 0; i < loads; i++) {
            long start = System.nanoTime();
            load.run();
            milliseconds[i] = (System.nanoTime() - start) * 1e-6;
        }
        Arrays.sort(milliseconds);
        return milliseconds[loads / 2];
    }
}
