package dev.spindle.bench;

import dev.spindle.Precision;
import dev.spindle.kernel.Kernels;
import dev.spindle.network.Network;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs peers in turn and prints times and ratios; see {@link Comparison}. */
@Command(
        name = "compare",
        description = "Runs ONNX Runtime and backends in turn on one network; ratios are to the first.",
        mixinStandardHelpOptions = true)
final class CompareCommand implements Runnable {

    @Mixin
    private WorkloadOptions options;

    @Option(
            names = "--backends",
            split = ",",
            description = "Who takes part: onnxruntime and Spindle's backends, with :int8 behind them where they are to compute"
                    + " in integers (default: onnxruntime and the backend that is used by default here).")
    private List<String> backends = List.of();

    @Option(
            names = "--precision",
            defaultValue = "fp32",
            converter = PrecisionConverter.class,
            description = "int8: each of the backends in fp32 and in integers, without onnxruntime by default.")
    private Precision precision;

    @Option(
            names = "--warmup",
            defaultValue = "8",
            description = "Seconds that each runs before it is timed, native code one at most (default: ${DEFAULT-VALUE}).")
    private double warmup;

    @Option(
            names = "--seconds",
            defaultValue = "10",
            description = "Seconds that each is timed (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Spec
    private CommandSpec spec;

    /** Precisions as users write them. */
    static final class PrecisionConverter implements ITypeConverter<Precision> {

        @Override
        public Precision convert(String label) {
            return Precision.ofLabel(label);
        }
    }

    @Override
    public void run() {
        Workload workload = options.workload();
        Comparison comparison = new Comparison(warmup, seconds);
        List<String> names = contestants();
        List<Peer> peers = new ArrayList<>();
        try {
            for (String name : names) {
                peers.add(workload.open(name));
            }
            double peak = FmaPeak.gflops(PeakCommand.SECONDS);
            OtherLoad others = new OtherLoad();
            List<Comparison.Result> results = comparison.run(peers);
            print(spec.commandLine().getOut(), workload, peak, others.share(), results);
        } finally {
            peers.forEach(Peer::close);
        }
    }

    private List<String> contestants() {
        if (precision != Precision.INT8) {
            return backends.isEmpty() ? List.of(OnnxRuntimePeer.NAME, Kernels.best().name()) : backends;
        }
        List<String> names = new ArrayList<>();
        for (String backend : backends.isEmpty() ? List.of(Kernels.best().name()) : backends) {
            names.add(backend);
            if (!backend.equals(OnnxRuntimePeer.NAME)) {
                names.add(new Contestant(backend, Precision.INT8).toString());
            }
        }
        return names;
    }

    private static void print(
            PrintWriter out, Workload workload, double peak, double otherShare, List<Comparison.Result> results) {
        Network network = workload.network();
        out.printf(
                Locale.ROOT,
                "%s at %dx%d, batch %d, threads %d: %.1f million operations a call%n",
                network.architecture(), network.height(), network.width(), workload.batch(), workload.threads(),
                workload.flops() * 1e-6);
        out.println(PeakCommand.line(peak));
        out.println(OtherLoad.line(otherShare));
        out.printf(
                Locale.ROOT,
                "%-20s %8s %9s %8s %8s %8s %7s   %s%n",
                "", "min ms", "median ms", "p99 ms", "GOP/s", "of peak", "ratio",
                "quartiles of the ratio over " + results.getFirst().ratios().getN() + " rounds");
        for (Comparison.Result result : results) {
            double gops = workload.flops() / result.median() * 1e-6;
            double own = BytePeak.orElse(Contestant.of(result.name()), peak);
            out.printf(
                    Locale.ROOT,
                    "%-20s %8.3f %9.3f %8.3f %8.1f %6.1f %% %7.3f   %.3f %.3f %.3f%n",
                    result.name(),
                    result.millis().getMin(),
                    result.median(),
                    result.millis().getPercentile(99),
                    gops,
                    100 * gops / (own * workload.threads()),
                    result.median() / results.getFirst().median(),
                    result.ratios().getPercentile(25),
                    result.ratios().getPercentile(50),
                    result.ratios().getPercentile(75));
        }
        out.flush();
    }
}
