package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Precision;
import dev.spindle.image.ImageDecoder;
import dev.spindle.image.Preprocessor;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import dev.spindle.network.Network;
import dev.spindle.weights.Safetensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code compare}: how far apart backends are, layer by layer. */
@Command(
        name = "compare",
        description = {
            "Compare backends layer by layer.",
            "Each backend runs the whole network by itself, unfused, so that differences add up from layer to layer; the last"
                    + " line is what it gives at full speed, fused."
        },
        sortOptions = false,
        sortSynopsis = false)
final class CompareCommand implements Callable<Integer> {

    private static final String SCALAR = "scalar";

    @Option(names = "--model", paramLabel = "FILE", description = "The model; by default the embedded one, of ten classes.")
    private Path file;

    @Option(
            names = "--backends",
            paramLabel = "NAME",
            split = ",",
            splitSynopsisLabel = ",",
            description = "The backends, separated by commas; by default all that run here.")
    private List<String> backends;

    @Option(
            names = "--reference",
            paramLabel = "NAME",
            defaultValue = SCALAR,
            description = "The backend that the others are compared with, by default ${DEFAULT-VALUE}.")
    private String reference;

    @Option(
            names = "--precision",
            paramLabel = "P",
            defaultValue = "auto",
            description = ModelOptions.PRECISION)
    private String precision;

    @Option(
            names = "--input",
            paramLabel = "X",
            description = "A picture, or X.safetensors with 'input', float32 [images, height, width, 3], preprocessed; by"
                    + " default seeded noise.")
    private Path input;

    @Mixin
    private Output output;

    /** The JSON. */
    private record Result(
            String model,
            String architecture,
            int images,
            int height,
            int width,
            String reference,
            List<String> backends,
            List<BackendComparison.Layer> layers,
            BackendComparison.Layer fusedLogits)
            implements Report {

        /** Largest difference, ulps between two values, and ulps of the layer's largest value. */
        private static final String CELLS = "  %11s %13s %9s";

        @Override
        public String text() {
            StringBuilder text = new StringBuilder(Text.format(
                    "%s, %s of %dx%d, largest differences from %s%n%n%-34s",
                    architecture, Text.count(images, "image"), height, width, reference, ""));
            backends.forEach(backend -> text.append(Text.format("  %-35s", backend)));
            text.append(Text.format("%n%-18s %-15s", "layer", "map"));
            backends.forEach(backend -> text.append(Text.format(CELLS, "absolute", "ulps", "of max")));
            text.append('\n');
            layers.forEach(layer -> line(text, layer));
            line(text, fusedLogits);
            return text.toString();
        }

        private static void line(StringBuilder text, BackendComparison.Layer layer) {
            text.append(Text.format(
                    "%-18s %-15s", layer.name(), layer.height() + "x" + layer.width() + "x" + layer.channels()));
            for (BackendComparison.Difference difference : layer.differences()) {
                text.append(Text.format(
                        CELLS,
                        Text.format("%.3g", difference.absolute()),
                        Text.format("%,d", difference.ulps()),
                        Text.format("%.1f", difference.ulpsOfLargest())));
            }
            text.append('\n');
        }
    }

    @Override
    public Integer call() {
        List<String> compared = backends();
        ModelOptions.requireBackend("--reference", reference);
        compared.forEach(backend -> ModelOptions.requireBackend("--backends", backend));
        Precision numbers = ModelOptions.precision("--precision", precision);
        Checkpoint checkpoint = NetworkKind.require(
                ModelOptions.name(file), ModelOptions.read(file), NetworkKind.CLASSIFIER, NetworkKind.SEGMENTER);
        List<float[]> images = new ArrayList<>();
        if (input != null && input.toString().toLowerCase(Locale.ROOT).endsWith(".safetensors")) {
            InputTensor tensor = InputTensor.open(input, List.of(Safetensors.Type.F32));
            checkpoint = tensor.resize(checkpoint);
            for (int i = 0; i < tensor.images(); i++) {
                images.add(tensor.image(i));
            }
        } else {
            images.add(input == null ? noise(checkpoint.network()) : picture(checkpoint));
        }
        try (BackendComparison comparison =
                new BackendComparison(ModelOptions.name(file), checkpoint, numbers, reference, compared)) {
            images.forEach(comparison::run);
            Network network = checkpoint.network();
            output.print(new Result(
                    ModelOptions.name(file),
                    network.architecture(),
                    images.size(),
                    network.height(),
                    network.width(),
                    reference,
                    compared,
                    comparison.layers(),
                    comparison.fusedLogits()));
        }
        return ExitCode.SUCCESS;
    }

    private List<String> backends() {
        List<String> named = backends == null
                ? Kernels.all().stream().filter(KernelCandidate::supported).map(KernelCandidate::name).toList()
                : backends;
        List<String> others = named.stream().distinct().filter(name -> !name.equals(reference)).toList();
        if (others.isEmpty()) {
            throw new InvalidInputException("--backends: expected one at least beside the reference " + reference
                    + ", found " + String.join(", ", named));
        }
        return others;
    }

    private static float[] noise(Network network) {
        return Noise.fill(new float[network.height() * network.width() * 3]);
    }

    private float[] picture(Checkpoint checkpoint) {
        Network network = checkpoint.network();
        return new Preprocessor(checkpoint.preprocessing(), network.height(), network.width())
                .apply(ImageDecoder.decode(input));
    }
}
