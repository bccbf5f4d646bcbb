package dev.spindle.weights;

import dev.spindle.Checkpoint;
import dev.spindle.CheckpointReader;
import dev.spindle.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads all formats in which MobileNetV2 is published. A file's format is known by its content, never by its name. */
public final class PublishedFormats implements CheckpointReader {

    private static final Format TFLITE =
            new Format("TensorFlow Lite", (file, content) -> TfliteModel.isIdentified(content), TfliteReader::read);
    private static final Format FROZEN_GRAPH =
            new Format("TensorFlow frozen graph", FrozenGraphReader::recognises, FrozenGraphReader::read);

    /** Its networks are of two files. */
    static final Format CAFFE = new Format("Caffe", CaffeReader::recognises, CaffeReader::read);

    /** What TensorFlow Slim's archives hold of the same network, the better first. */
    static final List<Format> TENSORFLOW = List.of(TFLITE, FROZEN_GRAPH);

    /** The first that recognises a content reads it: formats without a magic number belong to the end. */
    private static final List<Format> MODELS = List.of(
            new Format("safetensors", SafetensorsReader::recognises, SafetensorsReader::read),
            new Format("PyTorch", TorchReader::recognises, TorchReader::read),
            new Format("NumPy", NpzReader::recognises, NpzReader::read),
            new Format("Keras", KerasReader::recognises, KerasReader::read),
            TFLITE,
            new Format("ONNX", OnnxReader::recognises, OnnxReader::read),
            FROZEN_GRAPH,
            CAFFE);

    /** What may hold any of them: after them, for some are zip files of their own kind. */
    private static final Format ARCHIVE = new Format("an archive of one of these", Archive::recognises, Archive::read);

    /** For {@link java.util.ServiceLoader}. */
    public PublishedFormats() {}

    @Override
    public String format() {
        return Stream.concat(MODELS.stream(), Stream.of(ARCHIVE)).map(Format::name).collect(Collectors.joining(", "));
    }

    @Override
    public boolean accepts(Path file, ByteBuffer head) {
        Path model = weights(file);
        return find(model, ModelFile.map(model)).isPresent();
    }

    @Override
    public Checkpoint read(Path file) {
        Path model = weights(file);
        return read(model, ModelFile.map(model));
    }

    /** A folder stands for the Caffe network in it: no other format is of more than one file. */
    static Path weights(Path file) {
        return Files.isDirectory(file) ? CaffeReader.weights(file) : file;
    }

    /**
     * Reads from memory what a file would hold.
     *
     * @param name stands for the file in messages
     * @param content from position to limit; not copied
     * @throws InvalidInputException where it is of no known format, or a damaged one
     */
    static Checkpoint read(Path name, ByteBuffer content) {
        Format format = find(name, content)
                .orElseThrow(() -> InvalidInputException.of(
                        name,
                        "start of file",
                        "a model file (" + new PublishedFormats().format() + ")",
                        content.hasRemaining() ? "something else" : "an empty file"));
        return format.reader().apply(name, view(content));
    }

    private static Optional<Format> find(Path file, ByteBuffer content) {
        return model(file, content)
                .or(() -> Optional.of(ARCHIVE).filter(format -> format.recogniser().test(file, view(content))));
    }

    /** The format of a content that is no archive. */
    static Optional<Format> model(Path file, ByteBuffer content) {
        return MODELS.stream()
                .filter(format -> format.recogniser().test(file, view(content)))
                .findFirst();
    }

    private static ByteBuffer view(ByteBuffer content) {
        return content.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
}
