package dev.spindle.cli;

import dev.spindle.Model;
import dev.spindle.Session;
import dev.spindle.network.Network;
import dev.spindle.weights.Safetensors;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
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
            description = "Holds 'input', float32 [images, height, width, 3].")
    private Path source;

    @Option(
            names = "--output",
            paramLabel = "Y.safetensors",
            required = true,
            description = "Receives 'logits' [images, classes], before softmax, and 'features' [images, channels].")
    private Path target;

    @Mixin
    private Output output;

    /** The JSON. */
    private record Result(
            String model,
            String backend,
            int threads,
            String output,
            int images,
            int height,
            int width,
            int classes,
            int features)
            implements Report {
        @Override
        public String text() {
            return Text.format(
                    "%s: logits [%d, %d], features [%d, %d] for inputs of %dx%d, by %s%n",
                    output, images, classes, images, features, height, width, backend);
        }
    }

    @Override
    public Integer call() {
        InputTensor input = InputTensor.open(source);
        try (Model loaded = model.load(input.resize(model.read()))) {
            Safetensors.write(target, results(loaded, input.values(), input.images()), Map.of());
            Network network = loaded.network();
            output.print(new Result(
                    model.name(),
                    loaded.backend(),
                    model.threads(),
                    target.toString(),
                    input.images(),
                    network.height(),
                    network.width(),
                    network.classes(),
                    network.features()));
        }
        return ExitCode.SUCCESS;
    }

    private Map<String, Safetensors.Tensor> results(Model loaded, FloatBuffer input, int images) {
        int classes = loaded.network().classes();
        int channels = loaded.network().features();
        String results = source + ": results for " + Text.count(images, "image");
        // Once here, and once more where the tensors are made.
        Heap.require(results, 2L * Float.BYTES * images * (classes + channels));
        float[] logits = Heap.floats(results, (long) images * classes);
        float[] features = Heap.floats(results, (long) images * channels);
        try (Session session = loaded.newSession()) {
            int most = Math.clamp(BATCH_FLOATS / session.inputLength(), 1, images);
            float[] batch = new float[most * session.inputLength()];
            float[] batchLogits = new float[most * classes];
            float[] batchFeatures = new float[most * channels];
            for (int done = 0; done < images; done += most) {
                int count = Math.min(most, images - done);
                input.get(batch, 0, count * session.inputLength());
                session.run(batch, count, batchLogits, batchFeatures);
                System.arraycopy(batchLogits, 0, logits, done * classes, count * classes);
                System.arraycopy(batchFeatures, 0, features, done * channels, count * channels);
            }
        }
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        tensors.put("logits", Safetensors.Tensor.of(logits, images, classes));
        tensors.put("features", Safetensors.Tensor.of(features, images, channels));
        return tensors;
    }
}
