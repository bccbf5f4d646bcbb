package dev.spindle.bench;

import dev.spindle.kernel.Kernels;
import dev.spindle.plan.Fusion;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints where a network's time goes; see {@link Profile}. */
@Command(
        name = "profile",
        description = "Times each layer of a network on one backend, one thread, one image.",
        mixinStandardHelpOptions = true)
final class ProfileCommand implements Runnable {

    @Mixin
    private WorkloadOptions options;

    @Option(names = "--backend", defaultValue = Kernels.AUTO, description = "Which one (default: ${DEFAULT-VALUE}).")
    private String backend;

    @Option(
            names = "--fusion",
            defaultValue = "AUTO",
            description = "Which blocks are fused: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Fusion fusion;

    @Option(
            names = "--warmup",
            defaultValue = "8",
            description = "Seconds before anything is timed (default: ${DEFAULT-VALUE}).")
    private double warmup;

    @Option(names = "--seconds", defaultValue = "10", description = "Seconds that are timed (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        try (LayerRun run = new LayerRun(options.workload(), backend, fusion)) {
            Contestant contestant = Contestant.of(run.backend());
            double fmaPeak = FmaPeak.gflops(PeakCommand.SECONDS);
            double peak = BytePeak.orElse(contestant, fmaPeak);
            OtherLoad others = new OtherLoad();
            List<Profile.Line> lines = Profile.of(run, warmup, seconds);
            double otherShare = others.share();
            PrintWriter out = spec.commandLine().getOut();
            out.println(run.network().architecture() + " on " + run.backend() + ", one thread");
            out.println(peak == fmaPeak ? PeakCommand.line(peak) : BytePeak.line(contestant.backend(), peak));
            out.println(OtherLoad.line(otherShare));
            double total = Profile.total(lines).least();
            print(out, lines, peak, total);
            print(out, Profile.byKind(lines), peak, total);
            print(out, List.of(Profile.total(lines)), peak, total);
            out.flush();
        }
    }

    private static void print(PrintWriter out, List<Profile.Line> lines, double peak, double total) {
        out.printf(Locale.ROOT, "%n%-36s %10s %8s %8s %8s %10s%n", "", "min us", "of time", "GOP/s", "of peak",
                "median us");
        for (Profile.Line line : lines) {
            out.printf(
                    Locale.ROOT,
                    "%-36s %10.1f %6.1f %% %8.1f %6.1f %% %10.1f%n",
                    line.label(), line.least(), 100 * line.least() / total, line.gflops(),
                    100 * line.gflops() / peak, line.median());
        }
    }
}
