package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Activation;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code inspect}: what a model file holds, and what was made of it. */
@Command(
        name = "inspect",
        description = "Show what a model file holds, and what is made of it.",
        sortOptions = false,
        sortSynopsis = false)
final class InspectCommand implements Callable<Integer> {

    @Mixin
    private Output output;

    @Parameters(
            paramLabel = "FILE|NAME",
            arity = "0..1",
            description = "The model, a file or the name of one that was pulled; by default the embedded one.")
    private Path file;

    /** The JSON. {@code epsilon} is null where the file has batch normalisation folded. */
    private record Result(
            String model,
            String format,
            String profile,
            String architecture,
            Input input,
            Padding padding,
            Activation activation,
            Double epsilon,
            int blocks,
            int features,
            int classes,
            int labels,
            long parameters,
            long macs,
            Preprocessing preprocessing,
            List<String> notes,
            List<Checkpoint.Tensor> tensors)
            implements Report {

        static Result of(String name, Checkpoint checkpoint) {
            Network network = checkpoint.network();
            Checkpoint.Source source = checkpoint.source();
            return new Result(
                    name,
                    source.format(),
                    source.profile(),
                    network.architecture(),
                    new Input(network.height(), network.width()),
                    network.padding(),
                    network.stem().activation(),
                    Double.isNaN(source.epsilon()) ? null : source.epsilon(),
                    network.blocks().size(),
                    network.features(),
                    network.classes(),
                    checkpoint.labels().size(),
                    network.parameters(),
                    network.macs(),
                    checkpoint.preprocessing(),
                    source.notes(),
                    source.tensors());
        }

        @Override
        public String text() {
            StringBuilder text = new StringBuilder(model).append('\n');
            line(text, "format", format);
            line(text, "profile", profile);
            line(text, "architecture", architecture + ", " + Text.count(blocks, "block"));
            line(text, "input", input.height + "x" + input.width + " pixels");
            line(text, "padding", lowerCase(padding));
            line(text, "activation", lowerCase(activation));
            line(text, "batch norm", epsilon == null ? "folded in the file" : "epsilon " + epsilon);
            line(text, "features", Text.format("%,d", features));
            line(text, "classes", Text.format("%,d", classes) + (labels == 0 ? ", without labels" : ", with labels"));
            line(text, "parameters", Text.format("%,d", parameters));
            line(text, "MACs", Text.format("%,d an image", macs));
            line(text, "preprocessing", preprocessing);
            notes.forEach(note -> line(text, "note", note));
            text.append(Text.format("%n%s%n", Text.count(tensors.size(), "tensor")));
            for (Checkpoint.Tensor tensor : tensors) {
                text.append(Text.format("  %-8s %-18s %s%n", tensor.type(), tensor.shape(), tensor.name()));
            }
            return text.toString();
        }

        private static String lowerCase(Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT);
        }

        private static void line(StringBuilder text, String name, Object value) {
            text.append(Text.format("  %-14s %s%n", name, value));
        }
    }

    /** Pixels. */
    private record Input(int height, int width) {}

    @Override
    public Integer call() {
        output.print(Result.of(ModelOptions.name(file), ModelOptions.read(file)));
        return ExitCode.SUCCESS;
    }
}
