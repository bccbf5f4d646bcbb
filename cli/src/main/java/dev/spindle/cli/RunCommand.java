package dev.spindle.cli;

import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Session;
import dev.spindle.network.Classifier;
import dev.spindle.network.Network;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.QuantisedWeights;
import dev.spindle.weights.Safetensors;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code run}: tensors in, tensors out. */
@Command(
        name = "run",
        description = {
            "Run preprocessed tensors.",
            "The network runs at the size of the input, whatever its usual one."
        },
        sortOptions = false,
        sortSynopsis = false)
final class RunCommand implements Callable<Integer> {

    /** The floats of a batch, above which images are handed over one at a time. */
    private static final int BATCH_FLOATS = 1 << 22;

    @Mixin
    private ModelOptions model;

    @Option(
            names = "--input",
            paramLabel = "X.safetensors",
            required = true,
            description = "Holds 'input' [images, height, width, 3]: float32, or bytes of a quantised model's own type.")
    private Path source;

    @Option(
            names = "--output",
            paramLabel = "Y.safetensors",
            required = true,
            description = "Receives 'logits' [images, classes], before softmax, and 'features' [images, channels], float32; of a"
                    + " model in int8 'output' [images, classes], too, the bytes that it gives by itself.")
    private Path target;

    @Option(
            names = "--maps",
            paramLabel = "NAME",
            split = ",",
            description = "Write these maps instead, float32 [images, height, width, channels]; 'spindle inspect --maps' lists"
                    + " their names. Layers behind the last one do not run.")
    private List<String> maps = List.of();

    @Mixin
    private Output output;

    /** The JSON. */
    private record Result(
            String model,
            String backend,
            String precision,
            int threads,
            String output,
            int images,
            int height,
            int width,
            int classes,
            int features,
            Map<String, List<Integer>> tensors)
            implements Report {
        @Override
        public String text() {
            return Text.format(
                    "%s: %s for inputs of %dx%d, by %s%n",
                    output,
                    tensors.entrySet().stream()
                            .map(tensor -> tensor.getKey() + " " + tensor.getValue())
                            .collect(Collectors.joining(", ")),
                    height, width, backend);
        }
    }

    @Override
    public Integer call() {
        InputTensor input =
                InputTensor.open(source, List.of(Safetensors.Type.F32, Safetensors.Type.U8, Safetensors.Type.I8));
        try (Model loaded = model.load(input.resize(model.read(NetworkKind.CLASSIFIER, NetworkKind.SEGMENTER)), maps)) {
            if (input.type() != Safetensors.Type.F32) {
                requireOwnType(loaded, input.type());
            }
            Map<String, Safetensors.Tensor> tensors = maps.isEmpty() ? results(loaded, input) : maps(loaded, input);
            Safetensors.write(target, tensors, Map.of());
            Map<String, List<Integer>> shapes = new LinkedHashMap<>();
            tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
            Network network = loaded.network();
            output.print(new Result(
                    model.name(),
                    loaded.backend(),
                    loaded.precision().label(),
                    model.threads(),
                    target.toString(),
                    input.images(),
                    network.height(),
                    network.width(),
                    network.classes(),
                    network.features(),
                    shapes));
        }
        return ExitCode.SUCCESS;
    }

    /** Checks that bytes are those of the model's own input. */
    private void requireOwnType(Model loaded, Safetensors.Type found) {
        Optional<Safetensors.Type> own = loaded.plan().integers().map(ends -> type(ends.signedInput()));
        if (!own.equals(Optional.of(found))) {
            throw InvalidInputException.of(
                    source,
                    "tensor input",
                    "F32" + own.map(type -> ", or " + type + " as the model's own").orElse(" for a model that runs in fp32"),
                    found.name());
        }
    }

    private static Safetensors.Type type(boolean signed) {
        return signed ? Safetensors.Type.I8 : Safetensors.Type.U8;
    }

    private Map<String, Safetensors.Tensor> maps(Model loaded, InputTensor input) {
        String what = source + ": maps for " + Text.count(input.images(), "image");
        return MapTensors.of(what, maps, loaded, input);
    }

    private Map<String, Safetensors.Tensor> results(Model loaded, InputTensor input) {
        int images = input.images();
        FeatureMap map = loaded.plan().logits();
        int classes = map.length();
        int channels = loaded.network().features();
        boolean classifies = loaded.network().top() instanceof Classifier;
        Optional<QuantisedWeights.Ends> integers = loaded.plan().integers().filter(ends -> classifies);
        String results = source + ": results for " + Text.count(images, "image");
        // Once here, and once more where the tensors are made.
        Heap.require(results, 2L * images * (Float.BYTES * (classes + channels) + (integers.isPresent() ? classes : 0)));
        float[] logits = Heap.floats(results, (long) images * classes);
        float[] features = Heap.floats(results, (long) images * channels);
        byte[] own = integers.isPresent() ? new byte[images * classes] : null;
        try (Session session = loaded.newSession()) {
            int most = Math.clamp(BATCH_FLOATS / session.inputLength(), 1, images);
            float[] batchLogits = new float[most * classes];
            float[] batchFeatures = new float[most * channels];
            byte[] batchOwn = own == null ? null : new byte[most * classes];
            boolean bytes = input.type() != Safetensors.Type.F32;
            float[] reals = new float[bytes ? 0 : most * session.inputLength()];
            byte[] batch = new byte[bytes ? most * session.inputLength() : 0];
            for (int done = 0; done < images; done += most) {
                int count = Math.min(most, images - done);
                if (bytes) {
                    input.read(batch, done, count);
                    session.run(batch, count, batchOwn, batchLogits, batchFeatures);
                } else {
                    input.read(reals, done, count);
                    session.run(reals, count, batchOwn, batchLogits, batchFeatures);
                }
                System.arraycopy(batchLogits, 0, logits, done * classes, count * classes);
                System.arraycopy(batchFeatures, 0, features, done * channels, count * channels);
                if (own != null) {
                    System.arraycopy(batchOwn, 0, own, done * classes, count * classes);
                }
            }
        }
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        integers.ifPresent(ends -> tensors.put(
                "output", Safetensors.Tensor.of(type(ends.signedOutput()), own, images, classes)));
        tensors.put("logits", classifies
                ? Safetensors.Tensor.of(logits, images, classes)
                : Safetensors.Tensor.of(logits, images, map.height(), map.width(), map.channels()));
        tensors.put("features", Safetensors.Tensor.of(features, images, channels));
        return tensors;
    }
}
