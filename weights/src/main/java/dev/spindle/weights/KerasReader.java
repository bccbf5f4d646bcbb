package dev.spindle.weights;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads MobileNets from Keras: whole models in HDF5 ({@code .h5}) or in a zip file ({@code .keras}), whose
 * configuration is followed, and weights alone ({@code .weights.h5}, {@code .h5}), whose order and shapes tell the layers;
 * those of segmentation networks are told by their names.
 * Pictures are what {@code preprocess_input} makes of them, [-1, 1].
 */
final class KerasReader {

    private static final String CONFIG = "config.json";
    private static final String METADATA = "metadata.json";
    private static final String VERSION = "keras_version";
    private static final String WEIGHTS = "model.weights.h5";

    private KerasReader() {}

    /** Whether a content is an HDF5 file, or a zip file of Keras's. */
    static boolean recognises(Path file, ByteBuffer content) {
        if (Hdf5.recognises(content)) {
            return true;
        }
        return ZipContent.isZip(content)
                && ZipContent.open(file, content).names().containsAll(List.of(CONFIG, WEIGHTS));
    }

    static Checkpoint read(Path file, ByteBuffer content) {
        if (Hdf5.recognises(content)) {
            Hdf5.Group root = Hdf5.read(file, content);
            return read(file, root, "model_config", root.text("model_config"), root.text(VERSION));
        }
        ZipContent zip = ZipContent.open(file, content);
        ByteBuffer weights = zip.read(WEIGHTS);
        if (!Hdf5.recognises(weights)) {
            throw InvalidInputException.of(file, "entry " + WEIGHTS, "an HDF5 file", "something else");
        }
        Optional<String> version = zip.names().contains(METADATA)
                ? Optional.of(KerasConfig.json(file, METADATA, text(zip, METADATA)).path(VERSION).asText("of no version"))
                : Optional.empty();
        return read(file, Hdf5.read(file, weights), CONFIG, Optional.of(text(zip, CONFIG)), version);
    }

    private static String text(ZipContent zip, String entry) {
        return StandardCharsets.UTF_8.decode(zip.read(entry)).toString();
    }

    private static Checkpoint read(
            Path file, Hdf5.Group root, String place, Optional<String> config, Optional<String> version) {
        KerasWeights weights = KerasWeights.of(file, root);
        List<String> notes = new ArrayList<>();
        version.ifPresent(found -> notes.add("Keras " + ModelFile.printable(found)));
        if (KerasSegmentation.isOne(weights.byName())) {
            // Its models have layers of Python code, so that names tell more than a configuration.
            LayerStack stack = KerasSegmentation.read(file, weights.byName());
            SourceProfile profile = SourceProfile.KERAS;
            LayerStack.Facts facts = new LayerStack.Facts(
                    KerasSegmentation.SIDE, KerasSegmentation.SIDE, profile.padding(), profile.preprocessing(), List.of());
            notes.add("layers of Keras DeepLab by name: the output stride is " + KerasSegmentation.OUTPUT_STRIDE + ", "
                    + KerasSegmentation.SIDE + " pixels are assumed");
            return stack.checkpoint(file, facts, source(profile.epsilon(), notes, weights))
                    .withOutputStride(KerasSegmentation.OUTPUT_STRIDE);
        }
        if (config.isEmpty()) {
            LayerStack stack = KerasLayers.read(file, weights.inOrder());
            SourceProfile profile = SourceProfile.KERAS;
            LayerStack.Facts facts = new LayerStack.Facts(
                    profile.height(), profile.width(), profile.padding(), profile.preprocessing(), List.of());
            notes.add("weights without a model: strides are those of the paper, " + Graph.OPEN_SIDE + " pixels are assumed");
            double epsilon = stack.isFolded() ? Double.NaN : profile.epsilon();
            return stack.checkpoint(file, facts, source(epsilon, notes, weights));
        }
        KerasConfig.Result model = KerasConfig.read(file, place, config.get());
        GraphLayers.Result found = GraphLayers.find(KerasGraph.translate(file, model, weights));
        LayerStack.Facts facts = new LayerStack.Facts(
                model.input().height(),
                model.input().width(),
                found.padding(),
                SourceProfile.KERAS.preprocessing(),
                List.of());
        if (model.open()) {
            notes.add(Graph.OPEN_NOTE);
        }
        return found.layers().checkpoint(file, facts, source(found.epsilon(), notes, weights));
    }

    private static Checkpoint.Source source(double epsilon, List<String> notes, KerasWeights weights) {
        List<Checkpoint.Tensor> table = weights.inOrder().stream()
                .flatMap(List::stream)
                .map(array -> new Checkpoint.Tensor(array.name(), array.type(), array.shape()))
                .toList();
        return new Checkpoint.Source("Keras", SourceProfile.KERAS.name(), epsilon, notes, table);
    }
}
