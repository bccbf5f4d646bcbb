package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.retarget.HeadTrainer;
import dev.spindle.retarget.LabelledFeatures;
import dev.spindle.retarget.TrainedHead;
import dev.spindle.retarget.TrainerSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code retarget}: a network for other classes. */
@Command(
        name = "retarget",
        description = {
            "Train a new classifier on a network's features, for classes of your own.",
            "DIR has a sub-folder of pictures for each class, which gets its name. The rest of the network stays as it is."
        },
        sortOptions = false,
        sortSynopsis = false)
final class RetargetCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Option(
            names = "--model",
            paramLabel = "FILE|NAME",
            description = "The network, a file or the name of one that was pulled; by default the embedded one.")
    private Path source;

    @Mixin
    private ModelTarget target;

    @Option(
            names = "--folds",
            paramLabel = "K",
            defaultValue = "5",
            description = "Parts of the pictures, each held out once to choose the regularisation, by default ${DEFAULT-VALUE}.")
    private int folds;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Which pictures are held out together, by default ${DEFAULT-VALUE}.")
    private long seed;

    @Mixin
    private BackendOptions backend;

    @Mixin
    private Output output;

    @Parameters(paramLabel = "DIR", description = "Where the pictures are.")
    private Path folder;

    /**
     * The JSON. Accuracies are percentages, and those on pictures held out from training, as are confusions; {@code dequantized}
     * tells that the network was one of integers.
     */
    private record Result(
            String model,
            String output,
            long bytes,
            String architecture,
            boolean dequantized,
            List<TrainingPictures.Label> classes,
            int images,
            double seconds,
            int folds,
            long seed,
            TrainedHead.Candidate crossValidated,
            List<TrainedHead.Candidate> candidates,
            List<Accuracy.Confusion> confusions,
            List<FailedPictures.Failed> failed,
            List<String> warnings)
            implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder(Text.format(
                    """
                    %s: %s for %s, %,d bytes
                      trained on %s in %.1f s, %,d failed
                      %d-fold cross-validation: top-1 %.2f %%, log loss %.4f, regularisation %s
                    """,
                    output, architecture, Text.count(classes.size(), "class", "classes"), bytes,
                    Text.count(images, "picture"), seconds, failed.size(),
                    folds, crossValidated.accuracy(), crossValidated.logLoss(), crossValidated.strength()));
            text.append(Accuracy.text(confusions));
            if (dequantized) {
                text.append("note: the network was one of integers, and is in fp32 now; quantize makes integers of it\n");
            }
            warnings.forEach(warning -> text.append(Text.format("warning: %s%n", warning)));
            return text.toString();
        }
    }

    @Override
    public Integer call() {
        if (folds < 2) {
            throw new ParameterException(command.commandLine(), "--folds: expected at least 2, found " + folds);
        }
        Options options = backend.options();
        target.require();
        Map<String, List<Path>> classes = Samples.byFolder(folder);
        Checkpoint read = NetworkKind.require(
                ModelOptions.name(source), ModelOptions.read(source), NetworkKind.CLASSIFIER);
        Checkpoint real = read.withWeights(read.weights());
        long start = System.nanoTime();
        TrainingPictures pictures;
        try (Model model = ModelOptions.load(ModelOptions.name(source), real, options)) {
            pictures = TrainingPictures.read(folder, classes, ModelOptions.name(source), model, output.err());
        }
        TrainerSettings settings = TrainerSettings.DEFAULT.withFolds(Math.min(folds, pictures.count())).withSeed(seed);
        TrainedHead head;
        try (Work work = new Work(output.err(), settings.steps())) {
            head = HeadTrainer.train(pictures.features(), settings, work::done);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        Checkpoint retargeted = real.withClassifier(head.classifier(), List.copyOf(classes.keySet()));
        List<String> warnings = new ArrayList<>(read.source().warnings());
        target.write(retargeted.withSource(notes(retargeted.source(), pictures, settings, head)), source, warnings);
        output.print(new Result(
                ModelOptions.name(source),
                target.toString(),
                target.bytes(),
                retargeted.network().architecture(),
                read.quantised().isPresent(),
                pictures.labels(),
                pictures.count(),
                seconds,
                settings.folds(),
                seed,
                head.chosen(),
                head.candidates(),
                confusions(retargeted, pictures.features(), head),
                pictures.failed(),
                warnings));
        return ExitCode.SUCCESS;
    }

    private static List<Accuracy.Confusion> confusions(Checkpoint retargeted, LabelledFeatures features, TrainedHead head) {
        Accuracy accuracy = new Accuracy(new ClassNames(retargeted.labels(), features.classes()));
        for (int i = 0; i < features.count(); i++) {
            accuracy.add(features.labels()[i], head.heldOut().get(i));
        }
        return accuracy.confusions();
    }

    /** The report stays in the file. */
    private static Checkpoint.Source notes(
            Checkpoint.Source source, TrainingPictures pictures, TrainerSettings settings, TrainedHead head) {
        TrainedHead.Candidate chosen = head.chosen();
        return source
                .withNote(Text.format(
                        "classifier trained by %s on %s of %s, seed %d, regularisation %s",
                        Version.program(), Text.count(pictures.count(), "picture"),
                        Text.count(pictures.labels().size(), "class", "classes"), settings.seed(), chosen.strength()))
                .withNote(Text.format(
                        "in %d-fold cross-validation on those, top-1 was right in %.2f %%, with a log loss of %.4f",
                        settings.folds(), chosen.accuracy(), chosen.logLoss()));
    }
}
