package dev.spindle.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.spindle.Checkpoint;
import dev.spindle.Classification;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.image.ImageDecoder;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code classify}: pictures in, labels out. A picture that cannot be used is reported and the others go on. */
@Command(name = "classify", description = "Name what is on pictures.", sortOptions = false, sortSynopsis = false)
final class ClassifyCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private ModelOptions model;

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description = "The classes' names, one a line; by default those of the model.")
    private Path labels;

    @Option(
            names = "--top",
            paramLabel = "K",
            defaultValue = "5",
            description = "How many classes to print, by default ${DEFAULT-VALUE}.")
    private int top;

    @Mixin
    private Output output;

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "Pictures: JPEG, PNG, BMP, GIF or WebP.")
    private List<Path> images;

    /** The JSON. */
    private record Result(@JsonUnwrapped Ran ran, List<Picture> images) implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder();
            images.forEach(image -> text.append(image.text()));
            return text.toString();
        }
    }

    /** One picture: its classes, the most probable first, or why there are none. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Picture(String file, List<Classification> classes, String error) implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder(file).append('\n');
            for (Classification found : classes) {
                text.append(Text.format("%7.2f %%  %s%n", 100 * found.probability(), found.label()));
            }
            return text.toString();
        }
    }

    @Override
    public Integer call() {
        if (top < 1) {
            throw new ParameterException(command.commandLine(), "--top: expected at least 1, found " + top);
        }
        Checkpoint checkpoint = model.read(NetworkKind.CLASSIFIER);
        if (labels != null) {
            checkpoint = checkpoint.withLabels(Labels.read(labels, checkpoint.network().classes()));
        }
        try (Model loaded = model.load(checkpoint, images.size())) {
            return classify(loaded);
        }
    }

    private int classify(Model loaded) {
        int count = Math.min(top, loaded.network().classes());
        int exitCode = ExitCode.SUCCESS;
        List<Picture> pictures = new ArrayList<>();
        for (Path image : images) {
            try {
                Picture picture =
                        new Picture(image.toString(), loaded.classify(ImageDecoder.decode(image), count), null);
                pictures.add(picture);
                output.text(picture);
            } catch (InvalidInputException e) {
                pictures.add(new Picture(image.toString(), null, e.getMessage()));
                exitCode = Math.max(exitCode, Failures.report(output.err(), e));
            } catch (UncheckedIOException e) {
                pictures.add(new Picture(image.toString(), null, e.getMessage()));
                exitCode = Math.max(exitCode, Failures.report(output.err(), e));
            }
        }
        output.json(new Result(Ran.of(model, loaded), pictures));
        return exitCode;
    }
}
