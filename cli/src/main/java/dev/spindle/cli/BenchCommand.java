package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.Precision;
import dev.spindle.Session;
import dev.spindle.network.DeepLab;
import dev.spindle.network.Network;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench}: how long a call takes once the JVM has compiled what it needs. */
@Command(
        name = "bench",
        description = "Measure the latency of a model.",
        footer = "%nFrom a source tree, ./spindle bench suite measures layers, networks and peers, and writes a report.",
        sortOptions = false,
        sortSynopsis = false)
final class BenchCommand implements Callable<Integer> {

    /** Stretches whose medians are compared to see whether the compiler is done. */
    private static final double STRETCH_SECONDS = 1;

    private static final double STEADY = 0.03;

    /** Machines that are never steady end the warm-up, too: after so many times what was asked for. */
    private static final int LONGEST_WARMUP = 3;

    private static final double NANOS_A_SECOND = 1e9;

    @Spec
    private CommandSpec command;

    @Mixin
    private ModelOptions model;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "1",
            description = "Images a call, by default ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "5",
            description = "How long to measure, by default ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(
            names = "--warmup",
            paramLabel = "S",
            defaultValue = "8",
            description = "How long to run before, at least, by default ${DEFAULT-VALUE}; goes on until the median is steady.")
    private double warmup;

    @Mixin
    private Output output;

    /**
     * The JSON. Times are those of a call, which runs a whole batch. {@code gops} are 10⁹ operations a second, two for each
     * multiply-accumulate; {@code gflops} is the same figure where they are of floating point, and null where they are not.
     */
    private record Result(
            String model,
            String architecture,
            int height,
            int width,
            String backend,
            String precision,
            int threads,
            int batch,
            int calls,
            double warmupSeconds,
            double minMs,
            double medianMs,
            double p99Ms,
            double imagesPerSecond,
            double gops,
            Double gflops)
            implements Report {
        @Override
        public String text() {
            return Text.format(
                    """
                    %s in %s, %dx%d, on %s, %s, batch %d
                      min    %9.3f ms
                      median %9.3f ms   %,.1f images/s, %,.1f %s
                      p99    %9.3f ms   %s after %.1f s of warm-up
                    """,
                    architecture, precision, height, width, backend, Text.count(threads, "thread"), batch,
                    minMs,
                    medianMs, imagesPerSecond, gops, gflops == null ? "GOP/s" : "GFLOP/s",
                    p99Ms, Text.count(calls, "call"), warmupSeconds);
        }
    }

    @Override
    public Integer call() {
        require("--batch", batch >= 1, "at least 1", batch);
        require("--seconds", seconds > 0 && seconds <= 3600, "above 0 and at most 3600", seconds);
        require("--warmup", warmup >= 0 && warmup <= 3600, "0 to 3600", warmup);
        Checkpoint read = model.read(NetworkKind.CLASSIFIER, NetworkKind.SEGMENTER);
        try (Model loaded = model.load(read); Session session = loaded.newSession()) {
            output.print(measure(loaded, session));
        }
        return ExitCode.SUCCESS;
    }

    private void require(String option, boolean valid, String expected, Number found) {
        if (!valid) {
            throw new ParameterException(
                    command.commandLine(), option + ": expected " + expected + ", found " + found);
        }
    }

    private Runnable logits(Session session, float[] input) {
        float[] logits = Heap.floats("--batch " + batch, (long) batch * session.logitsLength());
        return () -> session.run(input, batch, logits, null);
    }

    /** A batch of masks, one after the other: segmentation networks take no two images together. */
    private Runnable masks(Session session, float[] input, Network network) {
        byte[] mask = new byte[network.height() * network.width()];
        return () -> {
            for (int image = 0; image < batch; image++) {
                session.segment(input, mask);
            }
        };
    }

    private Result measure(Model loaded, Session session) {
        float[] input = Noise.fill(Heap.floats("--batch " + batch, (long) batch * session.inputLength()));
        Runnable once = loaded.network().top() instanceof DeepLab
                ? masks(session, input, loaded.network())
                : logits(session, input);
        double warmedUp = warmUp(once);
        Latencies measured = new Latencies();
        stretch(once, seconds, measured);
        Network network = loaded.network();
        double perSecond = 1000 / measured.median();
        double gops = 2 * network.macs() * batch * perSecond / 1e9;
        return new Result(
                model.name(),
                network.architecture(),
                network.height(),
                network.width(),
                loaded.backend(),
                loaded.precision().label(),
                model.threads(),
                batch,
                measured.count(),
                warmedUp,
                measured.min(),
                measured.median(),
                measured.percentile(99),
                batch * perSecond,
                gops,
                loaded.precision() == Precision.INT8 ? null : gops);
    }

    /** Runs until the time is over and two stretches agree; returns the seconds that it took. */
    private double warmUp(Runnable once) {
        long start = System.nanoTime();
        Latencies stretch = new Latencies();
        double before = 0;
        double elapsed;
        boolean steady;
        do {
            stretch.clear();
            stretch(once, Math.min(STRETCH_SECONDS, warmup), stretch);
            double now = stretch.median();
            steady = Math.abs(now - before) <= STEADY * before;
            before = now;
            elapsed = (System.nanoTime() - start) / NANOS_A_SECOND;
        } while (elapsed < warmup || !steady && elapsed < LONGEST_WARMUP * warmup);
        return elapsed;
    }

    /** Runs for a while, once at least. */
    private static void stretch(Runnable once, double seconds, Latencies latencies) {
        long start = System.nanoTime();
        long end = start;
        do {
            long begin = end;
            once.run();
            end = System.nanoTime();
            latencies.add(end - begin);
        } while (end - start < seconds * NANOS_A_SECOND);
    }
}
