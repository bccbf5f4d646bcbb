package dev.spindle.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.image.ImageDecoder;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code embed}: a vector a picture, and the pictures that are most like one. */
@Command(
        name = "embed",
        description = {
            "Make one vector of each picture, the features that the classifier reads.",
            "They go to a file, or rank the pictures by how similar they are to one."
        },
        sortOptions = false,
        sortSynopsis = false)
final class EmbedCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private ModelOptions model;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "VECTORS.npy",
            description = "Receives the vectors, a NumPy array of float32 [pictures, features].")
    private Path target;

    @Option(
            names = "--names",
            paramLabel = "FILE",
            description = "Receives the pictures' file names, a line a vector; by default VECTORS.txt.")
    private Path names;

    @Mixin
    private TargetFile file;

    @Option(
            names = "--similar",
            paramLabel = "IMAGE",
            description = "Rank the pictures by the cosine of the angle between their vector and that of this one.")
    private Path query;

    @Option(
            names = "--top",
            paramLabel = "K",
            defaultValue = "5",
            description = "How many similar pictures to print, by default ${DEFAULT-VALUE}.")
    private int top;

    @Mixin
    private Output output;

    @Parameters(paramLabel = "DIR", description = "Where the pictures are, in the folder and its sub-folders.")
    private Path folder;

    /** The JSON. {@code output} and {@code names} are absent without a file, {@code similar} without a picture. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Result(
            @JsonUnwrapped Ran ran,
            int features,
            int images,
            double seconds,
            double imagesPerSecond,
            String output,
            String names,
            Similar similar,
            List<FailedPictures.Failed> failed)
            implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder(Text.format(
                    "%s  %s in %.1f s, %,.1f images/s with decoding, %,d failed%n",
                    ran.text(), Text.count(images, "image"), seconds, imagesPerSecond, failed.size()));
            if (output != null) {
                text.append(Text.format("  %s: a row of %,d features for each line of %s%n", output, features, names));
            }
            if (similar != null) {
                text.append(Text.format("most similar to %s%n", similar.to()));
                similar.matches().forEach(match ->
                        text.append(Text.format("  %7.4f  %s%n", match.similarity(), match.file())));
            }
            return text.toString();
        }
    }

    /** The pictures that are most like one. */
    private record Similar(String to, List<Nearest.Match> matches) {}

    @Override
    public Integer call() {
        require(target != null || query != null, "expected --output, --similar, or both");
        require(target != null || names == null, "--names: expected --output, too, found none");
        require(top >= 1, "--top: expected at least 1, found " + top);
        List<Path> files = Samples.unlabelled(folder);
        if (target != null) {
            names = names == null ? VectorFiles.names(target) : names;
            require(!names.equals(target), "--names: expected another file than that of the vectors, found " + names);
            file.require(target);
            file.require(names);
            files.forEach(VectorFiles::require);
        }
        try (Model loaded = model.load(model.read(NetworkKind.CLASSIFIER))) {
            embed(loaded, files);
        }
        return ExitCode.SUCCESS;
    }

    private void require(boolean valid, String message) {
        if (!valid) {
            throw new ParameterException(command.commandLine(), message);
        }
    }

    private void embed(Model loaded, List<Path> files) {
        int features = loaded.network().features();
        Nearest nearest = query == null ? null : new Nearest(loaded.embed(ImageDecoder.decode(query)));
        Embedding embedding;
        try (VectorFiles vectors = target == null ? null : VectorFiles.begin(target, names, features)) {
            embedding = Embedding.run(model.name(), loaded, files, output.err(), (index, vector) -> {
                if (vectors != null) {
                    vectors.add(files.get(index), vector);
                }
                if (nearest != null) {
                    nearest.add(files.get(index), vector);
                }
            });
            if (embedding.images() == 0) {
                throw new InvalidInputException(folder + ": expected pictures that can be read, found none");
            }
            if (vectors != null) {
                vectors.complete();
            }
        }
        output.print(new Result(
                Ran.of(model, loaded),
                features,
                embedding.images(),
                embedding.seconds(),
                embedding.imagesPerSecond(),
                target == null ? null : target.toString(),
                target == null ? null : names.toString(),
                nearest == null ? null : new Similar(query.toString(), nearest.best(top)),
                embedding.failed()));
    }
}
