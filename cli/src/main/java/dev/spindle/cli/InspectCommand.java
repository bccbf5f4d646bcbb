package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.Precision;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Activation;
import dev.spindle.network.MapNames;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.QuantisedWeights;
import dev.spindle.weights.Family;
import dev.spindle.weights.FileHash;
import dev.spindle.weights.catalogue.Models;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code inspect}: what a model file holds, and what was made of it. */
@Command(
        name = "inspect",
        description = "Show what a model file holds, and what is made of it.",
        sortOptions = false,
        sortSynopsis = false)
final class InspectCommand implements Callable<Integer> {

    /** Labels that people are shown. */
    private static final int LABELS_SHOWN = 10;

    @Option(names = "--tensors", description = "List the tensors, too; JSON always has them.")
    private boolean tensors;

    @Option(names = "--maps", description = "List the network's maps and their names, too; JSON always has them.")
    private boolean maps;

    @Mixin
    private Output output;

    @Parameters(
            paramLabel = "FILE|NAME",
            arity = "0..1",
            description = "The model, a file or the name of one that was pulled; by default the embedded one.")
    private Path file;

    /**
     * The JSON. Null: {@code widthMultiplier} and {@code divisor} where no published scale gives the channels,
     * {@code epsilon} where the file has batch normalisation folded, {@code sha256} for the embedded network,
     * {@code provenance} where the file was not converted, {@code quantised} where it cannot run in integers.
     */
    private record Result(
            String model,
            String format,
            String profile,
            String sha256,
            Checkpoint.Provenance provenance,
            String architecture,
            String family,
            Double widthMultiplier,
            Integer divisor,
            Input input,
            Padding padding,
            Activation activation,
            Double epsilon,
            int blocks,
            int features,
            int classes,
            List<String> labels,
            long parameters,
            long macs,
            List<String> dtypes,
            String precision,
            Quantised quantised,
            Preprocessing preprocessing,
            List<String> notes,
            List<String> warnings,
            List<Checkpoint.Tensor> tensors,
            List<MapNames.NamedMap> maps)
            implements Report {

        static Result of(String name, Checkpoint checkpoint, Optional<FileHash> hash) {
            Network network = checkpoint.network();
            Checkpoint.Source source = checkpoint.source();
            Family family = Family.of(network);
            List<String> warnings = new ArrayList<>(source.warnings());
            hash.flatMap(FileHash::disagreement).ifPresent(warnings::add);
            return new Result(
                    name,
                    source.format(),
                    source.profile(),
                    hash.map(FileHash::sha256).orElse(null),
                    source.provenance().orElse(null),
                    network.architecture(),
                    family.name(),
                    family.widthMultiplier().orElse(null),
                    family.divisor().orElse(null),
                    new Input(network.height(), network.width()),
                    network.padding(),
                    network.stem().activation(),
                    Double.isNaN(source.epsilon()) ? null : source.epsilon(),
                    network.blocks().size(),
                    network.features(),
                    network.classes(),
                    checkpoint.labels(),
                    network.parameters(),
                    network.macs(),
                    source.tensors().stream().map(Checkpoint.Tensor::type).distinct().sorted().toList(),
                    (checkpoint.quantised().isPresent() ? Precision.INT8 : Precision.FP32).label(),
                    checkpoint.quantised().map(Quantised::of).orElse(null),
                    checkpoint.preprocessing(),
                    source.notes(),
                    warnings,
                    source.tensors(),
                    MapNames.of(network).all());
        }

        @Override
        public String text() {
            StringBuilder text = new StringBuilder(model).append('\n');
            line(text, "format", format + " of " + String.join(", ", dtypes));
            line(text, "profile", profile);
            if (sha256 != null) {
                line(text, "SHA-256", sha256);
            }
            if (provenance != null) {
                line(text, "converted from", provenance.file() + ", " + provenance.format() + ", by " + provenance.converter());
                line(text, "", "of SHA-256 " + provenance.sha256());
            }
            line(text, "architecture", architecture + ", " + Text.count(blocks, "block"));
            if (widthMultiplier != null) {
                line(text, "width", widthMultiplier + (divisor == null ? "" : ", channels divisible by " + divisor));
            }
            line(text, "input", input.height + "x" + input.width + " pixels");
            line(text, "padding", lowerCase(padding));
            line(text, "activation", lowerCase(activation));
            line(text, "batch norm", epsilon == null ? "folded in the file" : "epsilon " + epsilon);
            line(text, "features", Text.format("%,d", features));
            line(text, "classes", Text.format("%,d", classes) + (labels.isEmpty() ? ", without labels" : ", with labels"));
            if (!labels.isEmpty()) {
                line(text, "labels", shownLabels());
            }
            line(text, "parameters", Text.format("%,d", parameters));
            line(text, "MACs", Text.format("%,d an image", macs));
            line(text, "precision", quantised == null ? precision : precision + ", " + quantised.text());
            line(text, "preprocessing", preprocessing);
            line(text, "tensors", Text.format("%,d", tensors.size()));
            notes.forEach(note -> line(text, "note", note));
            warnings.forEach(warning -> line(text, "WARNING", warning));
            return text.toString();
        }

        private String shownLabels() {
            String shown = String.join("; ", labels.subList(0, Math.min(LABELS_SHOWN, labels.size())));
            return labels.size() > LABELS_SHOWN
                    ? shown + Text.format("; and %,d more", labels.size() - LABELS_SHOWN)
                    : shown;
        }

        private static String lowerCase(Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT);
        }

        private static void line(StringBuilder text, String name, Object value) {
            text.append(Text.format("  %-14s %s%n", name, value));
        }
    }

    /** The list of tensors, for people. */
    private record TensorList(List<Checkpoint.Tensor> tensors) implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder("\n");
            for (Checkpoint.Tensor tensor : tensors) {
                text.append(Text.format("  %-8s %-18s %s%n", tensor.type(), tensor.shape(), tensor.name()));
            }
            return text.toString();
        }
    }

    /** The list of maps, for people. */
    private record MapList(List<MapNames.NamedMap> maps) implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder("\n");
            for (MapNames.NamedMap map : maps) {
                String shape = map.height() + "x" + map.width() + "x" + map.channels();
                text.append(Text.format("  %-18s %-12s %s", map.name(), shape, String.join(", ", map.others())).stripTrailing())
                        .append('\n');
            }
            return text.toString();
        }
    }

    /** How a model that runs in integers takes and gives them. */
    private record Quantised(String input, float inputScale, int inputZeroPoint, String output) {

        private static final int SIGNED_OFFSET = 128;

        static Quantised of(QuantisedWeights weights) {
            QuantisedWeights.Ends ends = weights.ends();
            int zero = ends.input().zeroPoint() - (ends.signedInput() ? SIGNED_OFFSET : 0);
            return new Quantised(
                    type(ends.signedInput()), ends.input().scale(), zero, type(ends.signedOutput()));
        }

        private static String type(boolean signed) {
            return signed ? "int8" : "uint8";
        }

        String text() {
            return "input " + input + " of scale " + inputScale + " and zero point " + inputZeroPoint + ", output " + output;
        }
    }

    /** Pixels. */
    private record Input(int height, int width) {}

    @Override
    public Integer call() {
        Checkpoint checkpoint = ModelOptions.read(file);
        Optional<FileHash> hash = Optional.ofNullable(file).map(Models::file).map(FileHash::of);
        output.print(Result.of(ModelOptions.name(file), checkpoint, hash));
        if (tensors) {
            output.text(new TensorList(checkpoint.source().tensors()));
        }
        if (maps) {
            output.text(new MapList(MapNames.of(checkpoint.network()).all()));
        }
        return ExitCode.SUCCESS;
    }
}
