package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Precision;
import dev.spindle.weights.FileHash;
import dev.spindle.weights.catalogue.Models;
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

    @Option(names = "--dequantize", description = "Turn integers into fp32.")
    private boolean dequantize;

    @Mixin
    private TargetFile file;

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
            String precision,
            boolean folded,
            List<String> warnings)
            implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder(Text.format(
                    "%s: %s, %s, %,d bytes%n",
                    output, architecture,
                    precision.equals(Precision.INT8.label()) ? "integers kept"
                            : folded ? "batch normalisation folded" : "batch normalisation kept",
                    bytes));
            warnings.forEach(warning -> text.append(Text.format("warning: %s%n", warning)));
            return text.toString();
        }
    }

    @Override
    public Integer call() {
        file.require(target);
        Checkpoint read = ModelOptions.read(source);
        requireKeepable(read);
        Path model = Models.file(source);
        FileHash hash = FileHash.of(model);
        Checkpoint floats = dequantize ? read.withWeights(read.weights()) : read;
        Checkpoint converted = TargetFile.write(target, fold ? floats.folded() : floats, model, hash);
        List<String> warnings = new ArrayList<>(read.source().warnings());
        hash.disagreement().ifPresent(warnings::add);
        output.print(new Result(
                source.toString(),
                read.source().format(),
                hash.sha256(),
                target.toString(),
                target.toFile().length(),
                converted.network().architecture(),
                (converted.quantised().isPresent() ? Precision.INT8 : Precision.FP32).label(),
                isFolded(converted),
                warnings));
        return ExitCode.SUCCESS;
    }

    private void requireKeepable(Checkpoint read) {
        Optional<String> quantised = read.source().tensors().stream()
                .map(Checkpoint.Tensor::type)
                .filter(QUANTISED::contains)
                .findFirst();
        if (quantised.isPresent() && read.quantised().isEmpty() && !dequantize) {
            throw new InvalidInputException(source + ": expected weights of floating point, or of integers all through, found "
                    + quantised.get() + " in a network that has others, too; --dequantize converts them into fp32");
        }
    }

    private static boolean isFolded(Checkpoint checkpoint) {
        return checkpoint.network().convolutions().stream()
                .allMatch(conv -> checkpoint.weights().layer(conv.name()).batchNorm().isEmpty());
    }
}
