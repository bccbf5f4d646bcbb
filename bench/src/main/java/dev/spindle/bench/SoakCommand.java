package dev.spindle.bench;

import dev.spindle.kernel.Kernels;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints how speed and memory go over minutes; see {@link Soak}. */
@Command(
        name = "soak",
        description = "Runs one network for minutes and shows whether speed and memory stay as they are.",
        mixinStandardHelpOptions = true)
final class SoakCommand implements Runnable {

    @Mixin
    private WorkloadOptions options;

    @Option(
            names = "--backend",
            description = "onnxruntime or one of Spindle's backends (default: the one that is used by default here).")
    private String backend = Kernels.AUTO;

    @Option(names = "--intervals", defaultValue = "10", description = "How many (default: ${DEFAULT-VALUE}).")
    private int intervals;

    @Option(names = "--seconds", defaultValue = "60", description = "Seconds of each (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        Workload workload = options.workload();
        PrintWriter out = spec.commandLine().getOut();
        try (Peer peer = workload.open(backend.equals(Kernels.AUTO) ? Kernels.best().name() : backend)) {
            out.printf(Locale.ROOT, "%s on %s, batch %d, threads %d%n",
                    workload.network().architecture(), peer.name(), workload.batch(), workload.threads());
            out.printf(Locale.ROOT, "%8s %9s %12s %14s%n", "calls", "median ms", "heap MB", "resident MB");
            Soak.run(peer, intervals, seconds, interval -> {
                out.printf(Locale.ROOT, "%8d %9.3f %12.1f %14.1f%n",
                        interval.calls(), interval.median(), interval.heap() * 1e-6, interval.resident() * 1e-6);
                out.flush();
            });
        }
    }
}
