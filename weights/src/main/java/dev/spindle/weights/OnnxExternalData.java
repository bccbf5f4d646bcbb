package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Values that an ONNX model keeps in files beside it (ONNX, "External Data"). Such a file has to lie in the model's own
 * folder, links included.
 */
final class OnnxExternalData {

    private final Path model;
    private final Map<String, ByteBuffer> files = new HashMap<>();

    /**
     * The files beside a model.
     *
     * @param model the model's file; nothing is beside one that is no file, such as an entry of an archive
     */
    OnnxExternalData(Path model) {
        this.model = model;
    }

    /**
     * The bytes of one tensor.
     *
     * @param tensor for messages
     * @param entries the tensor's {@code external_data}: location, and perhaps offset and length
     * @param expected how many bytes its shape takes
     */
    ByteBuffer read(Constant tensor, Map<String, String> entries, long expected) {
        String location = entries.getOrDefault("location", "");
        ByteBuffer content = files.computeIfAbsent(location, name -> ModelFile.map(resolve(tensor, name)));
        long offset = number(tensor, entries, "offset", 0);
        long length = number(tensor, entries, "length", expected);
        if (length != expected || offset > content.limit() - length) {
            throw tensor.wrong(
                    expected + " bytes within the " + content.limit() + " of " + ModelFile.printable(location),
                    length + " from offset " + offset);
        }
        return content.slice((int) offset, (int) length);
    }

    private static long number(Constant tensor, Map<String, String> entries, String key, long absent) {
        String text = entries.get(key);
        try {
            long number = text == null ? absent : Long.parseLong(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Told below, with the text.
        }
        throw tensor.wrong("an " + key + " of external data of at least 0", ModelFile.printable(text));
    }

    private Path resolve(Constant tensor, String location) {
        if (!Files.isRegularFile(model)) {
            throw tensor.wrong("values in the file", "values beside it, in " + ModelFile.printable(location));
        }
        try {
            Path folder = model.toRealPath().getParent();
            Path file = folder.resolve(location);
            if (!file.normalize().startsWith(folder) || !Files.isRegularFile(file)) {
                throw tensor.wrong("a file of external data in the model's folder", ModelFile.printable(location));
            }
            Path real = file.toRealPath();
            if (!real.startsWith(folder)) {
                throw tensor.wrong("external data in the model's folder", ModelFile.printable(location));
            }
            return real;
        } catch (InvalidPathException e) {
            throw new InvalidInputException(
                    model + ": " + tensor.place() + ": expected the name of a file of external data, found "
                            + ModelFile.printable(location),
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException(model + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
