package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.weights.FileHash;
import dev.spindle.weights.SafetensorsWriter;
import dev.spindle.weights.catalogue.Models;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code convert}: any model file into one that says everything itself. */
@Command(
        name = "convert",
        description = {
            "Convert a model file into safetensors.",
            "The result holds what the file could not say, too, and loads without a profile. It gives the same bits."
        },
        sortOptions = false,
        sortSynopsis = false)
final class ConvertCommand implements Callable<Integer> {

    /** What formats call integers of a byte or less: the types of quantised weights, and of nothing else. */
    private static final Set<String> QUANTISED = Set.of("INT8", "UINT8", "INT4", "I8", "U8", "QINT8", "QUINT8");

    @Option(names = "--fold", description = "Fold batch normalisation into kernels and biases.")
    private boolean fold;

    @Option(names = "--dequantize", description = "Turn integer weights into fp32; they cannot be kept.")
    private boolean dequantize;

    @Option(names = "--force", description = "Replace OUT if it exists.")
    private boolean force;

    @Mixin
    private Output output;

    @Parameters(
            paramLabel = "IN",
            index = "0",
            description = "A model file of any format, or the name of a model that was pulled.")
    private Path source;

    @Parameters(paramLabel = "OUT.safetensors", index = "1", description = "Receives the model.")
    private Path target;

    /** The JSON. */
    private record Result(
            String model,
            String format,
            String sha256,
            String output,
            long bytes,
            String architecture,
            boolean folded,
            List<String> warnings)
            implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder(Text.format(
                    "%s: %s, %s, %,d bytes%n",
                    output, architecture, folded ? "batch normalisation folded" : "batch normalisation kept", bytes));
            warnings.forEach(warning -> text.append(Text.format("warning: %s%n", warning)));
            return text.toString();
        }
    }

    @Override
    public Integer call() {
        if (Files.isDirectory(target)) {
            throw new InvalidInputException(target + ": expected a file to write, found a folder");
        }
        if (Files.exists(target) && !force) {
            throw new InvalidInputException(target + ": exists already; --force replaces it");
        }
        Checkpoint read = ModelOptions.read(source);
        requireFloats(read.source());
        Path file = Models.file(source);
        FileHash hash = FileHash.of(file);
        Checkpoint converted = withProvenance(fold ? read.folded() : read, file, hash);
        SafetensorsWriter.write(target, converted);
        List<String> warnings = new ArrayList<>(read.source().warnings());
        hash.disagreement().ifPresent(warnings::add);
        output.print(new Result(
                source.toString(),
                read.source().format(),
                hash.sha256(),
                target.toString(),
                target.toFile().length(),
                converted.network().architecture(),
                isFolded(converted),
                warnings));
        return ExitCode.SUCCESS;
    }

    private void requireFloats(Checkpoint.Source read) {
        Optional<String> quantised =
                read.tensors().stream().map(Checkpoint.Tensor::type).filter(QUANTISED::contains).findFirst();
        if (quantised.isPresent() && !dequantize) {
            throw new InvalidInputException(source + ": expected floating-point weights, found " + quantised.get()
                    + ", which cannot be kept yet; --dequantize converts them into fp32");
        }
    }

    /** What was converted before keeps the provenance that it has. */
    private static Checkpoint withProvenance(Checkpoint read, Path file, FileHash hash) {
        if (read.source().provenance().isPresent()) {
            return read;
        }
        return read.withSource(read.source().withProvenance(new Checkpoint.Provenance(
                read.source().format(), file.getFileName().toString(), hash.sha256(), Version.program())));
    }

    private static boolean isFolded(Checkpoint checkpoint) {
        return checkpoint.network().convolutions().stream()
                .allMatch(conv -> checkpoint.weights().layer(conv.name()).batchNorm().isEmpty());
    }
}
