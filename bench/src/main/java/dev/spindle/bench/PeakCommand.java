package dev.spindle.bench;

import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures the roof. */
@Command(
        name = "peak",
        description = "Measures how many fused multiply-adds one core does, as GFLOP/s.",
        mixinStandardHelpOptions = true)
final class PeakCommand implements Runnable {

    /** Enough for the other commands: one second to be compiled, one to meet a quiet moment. */
    static final double SECONDS = 2;

    @Option(names = "--seconds", defaultValue = "" + SECONDS, description = "How long (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line(FmaPeak.gflops(seconds)));
        out.flush();
    }

    static String line(double gflops) {
        return String.format(Locale.ROOT, "FMA peak of one core, %d-bit vectors: %.1f GFLOP/s", FmaPeak.bits(), gflops);
    }
}
