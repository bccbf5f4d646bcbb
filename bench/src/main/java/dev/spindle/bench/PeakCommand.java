package dev.spindle.bench;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures the roofs. */
@Command(
        name = "peak",
        description = "Measures how many fused multiply-adds one core does, as GFLOP/s, and products of bytes, as GOP/s.",
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
        Kernels.all().stream().filter(KernelCandidate::supported).map(KernelCandidate::name).forEach(backend -> {
            double gops = BytePeak.gops(backend, BytePeak.SECONDS);
            if (gops > 0) {
                out.println(BytePeak.line(backend, gops));
            }
        });
        out.flush();
    }

    static String line(double gflops) {
        return String.format(Locale.ROOT, "FMA peak of one core, %d-bit vectors: %.1f GFLOP/s", FmaPeak.bits(), gflops);
    }
}
