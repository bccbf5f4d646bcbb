package dev.spindle.cli;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.Session;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
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
            @JsonUnwrapped Ran ran,
            int images,
            double top1,
            double top5,
            double seconds,
            double imagesPerSecond,
            List<Accuracy.Confusion> confusions,
            List<FailedPictures.Failed> failed)
            implements Report {
        @Override
        public String text() {
            return Text.format(
                    """
                    %s  %s in %.1f s, %,.1f images/s with decoding, %,d failed
                      top-1 %6.2f %%
                      top-5 %6.2f %%
                    """,
                    ran.text(),
                    Text.count(images, "image"), seconds, imagesPerSecond, failed.size(),
                    top1,
                    top5) + Accuracy.text(confusions);
        }
    }

    @Override
    public Integer call() {
        Checkpoint checkpoint = model.read(NetworkKind.CLASSIFIER);
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
        float[] logits = new float[session.logitsLength()];
        List<Path> files = samples.stream().map(Samples.Sample::file).toList();
        try (PictureQueue pictures = new PictureQueue(model.name(), loaded, files);
                Progress progress = new Progress(output.err())) {
            FailedPictures failed = new FailedPictures(output.err(), progress::clear);
            for (Samples.Sample sample : samples) {
                PictureQueue.Prepared picture = pictures.next();
                if (picture.failure() != null) {
                    failed.add(picture.file(), picture.failure());
                    table.failed(sample, picture.failure().getMessage());
                } else {
                    session.run(picture.input(), logits);
                    table.ranked(sample, accuracy.add(sample.truth(), logits));
                }
                progress.show(pictures.state() + Text.format(", top-1 %.2f %%", accuracy.top1()));
            }
            progress.clear();
            double seconds = pictures.seconds();
            output.print(new Result(
                    Ran.of(model, loaded),
                    accuracy.count(),
                    accuracy.top1(),
                    accuracy.top5(),
                    seconds,
                    samples.size() / seconds,
                    accuracy.confusions(),
                    failed.all()));
        }
        return accuracy.count() == 0 ? ExitCode.BAD_INPUT : ExitCode.SUCCESS;
    }
}
