package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Session;
import dev.spindle.image.ImageDecoder;
import dev.spindle.image.Preprocessor;
import dev.spindle.network.Network;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code evaluate}: how often a model is right. A picture that cannot be used is reported and the others go on. */
@Command(
        name = "evaluate",
        description = {
            "Measure accuracy on pictures whose class is known.",
            "DIR has sub-folders named by class: the index, the label, or the WordNet identifier where the labels have them. "
                    + "Or pictures with such an identifier in their names, or with an index and _ before them."
        },
        sortOptions = false,
        sortSynopsis = false)
final class EvaluateCommand implements Callable<Integer> {

    /** More do not help: one session runs the network. */
    private static final int MOST_DECODERS = 4;

    @Mixin
    private ModelOptions model;

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description = "The classes' names, one a line; by default those of the model.")
    private Path labels;

    @Option(
            names = "--truth",
            paramLabel = "FILE",
            description = "Which picture is of which class: lines of file and class, with a tab, a comma or a space between.")
    private Path truth;

    @Option(names = "--csv", paramLabel = "FILE", description = "Receives one line a picture.")
    private Path csv;

    @Mixin
    private Output output;

    @Parameters(paramLabel = "DIR", description = "Where the pictures are.")
    private Path folder;

    /** The JSON. Accuracies are percentages of the {@code images}, which do not count those that {@code failed}. */
    private record Result(
            String model,
            String architecture,
            String backend,
            String precision,
            int threads,
            int images,
            double top1,
            double top5,
            double seconds,
            double imagesPerSecond,
            List<Accuracy.Confusion> confusions,
            List<Failed> failed)
            implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder(Text.format(
                    """
                    %s, on %s, %s
                      %s in %.1f s, %,.1f images/s with decoding, %,d failed
                      top-1 %6.2f %%
                      top-5 %6.2f %%
                    """,
                    architecture, backend, Text.count(threads, "thread"),
                    Text.count(images, "image"), seconds, imagesPerSecond, failed.size(),
                    top1,
                    top5));
            if (!confusions.isEmpty()) {
                text.append("most frequent confusions\n");
            }
            for (Accuracy.Confusion confusion : confusions) {
                text.append(Text.format(
                        "  %,6d  %s, taken for %s%n",
                        confusion.count(), confusion.label(), confusion.predictedLabel()));
            }
            return text.toString();
        }
    }

    /** A picture that could not be used, and why. */
    private record Failed(String file, String error) {}

    /** A picture as the network wants it; without input where it could not be used. */
    private record Prepared(Samples.Sample sample, float[] input, RuntimeException failure) {}

    @Override
    public Integer call() {
        Checkpoint checkpoint = model.readClassifier();
        if (labels != null) {
            checkpoint = checkpoint.withLabels(Labels.read(labels, checkpoint.network().classes()));
        }
        ClassNames names = new ClassNames(checkpoint.labels(), checkpoint.network().classes());
        List<Samples.Sample> samples =
                truth == null ? Samples.in(folder, names) : Samples.listed(truth, folder, names);
        try (Model loaded = model.load(checkpoint);
                Session session = loaded.newSession();
                EvaluationCsv table = EvaluationCsv.open(csv, names)) {
            return evaluate(loaded, session, samples, new Accuracy(names), table);
        } catch (IOException e) {
            throw new UncheckedIOException(csv + ": cannot be written", e);
        }
    }

    private int evaluate(
            Model loaded, Session session, List<Samples.Sample> samples, Accuracy accuracy, EvaluationCsv table)
            throws IOException {
        List<Failed> failed = new ArrayList<>();
        float[] logits = new float[session.logitsLength()];
        int decoders = Math.clamp(Runtime.getRuntime().availableProcessors() - 1, 1, MOST_DECODERS);
        Heap.require(model.name() + ": pictures that wait", 2L * decoders * Float.BYTES * session.inputLength());
        Queue<CompletableFuture<Prepared>> ahead = new ArrayDeque<>();
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(decoders);
                Progress progress = new Progress(output.err())) {
            int next = 0;
            for (int done = 0; done < samples.size(); done++) {
                for (; next < samples.size() && ahead.size() < 2 * decoders; next++) {
                    Samples.Sample sample = samples.get(next);
                    ahead.add(CompletableFuture.supplyAsync(() -> prepare(loaded, sample), threads));
                }
                Prepared prepared = ahead.remove().join();
                if (prepared.failure != null) {
                    progress.clear();
                    failed.add(new Failed(prepared.sample.file().toString(), prepared.failure.getMessage()));
                    table.failed(prepared.sample, prepared.failure.getMessage());
                    report(prepared.failure);
                } else {
                    session.run(prepared.input, logits);
                    table.ranked(prepared.sample, accuracy.add(prepared.sample.truth(), logits));
                }
                progress.show(state(done + 1, samples.size(), accuracy, seconds(start)));
            }
        }
        Network network = loaded.network();
        double seconds = seconds(start);
        output.print(new Result(
                model.name(),
                network.architecture(),
                loaded.backend(),
                loaded.precision().label(),
                model.threads(),
                accuracy.count(),
                accuracy.top1(),
                accuracy.top5(),
                seconds,
                samples.size() / seconds,
                accuracy.confusions(),
                failed));
        return accuracy.count() == 0 ? ExitCode.BAD_INPUT : ExitCode.SUCCESS;
    }

    private static Prepared prepare(Model loaded, Samples.Sample sample) {
        Network network = loaded.network();
        float[] input = new float[3 * network.height() * network.width()];
        try {
            new Preprocessor(loaded.preprocessing(), network.height(), network.width())
                    .apply(ImageDecoder.decode(sample.file()), input, 0);
            return new Prepared(sample, input, null);
        } catch (InvalidInputException | UncheckedIOException e) {
            return new Prepared(sample, null, e);
        }
    }

    private void report(RuntimeException failure) {
        switch (failure) {
            case InvalidInputException bad -> Failures.report(output.err(), bad);
            case UncheckedIOException failed -> Failures.report(output.err(), failed);
            default -> throw failure;
        }
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static String state(int done, int all, Accuracy accuracy, double seconds) {
        return Text.format(
                "%,d of %,d images, %,.1f images/s, top-1 %.2f %%", done, all, done / seconds, accuracy.top1());
    }
}
