package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Which values of a graph are others under a new name, in another number format or with their axes in another order. */
final class Copies {

    private final Path file;
    private final Map<String, String> sources = new HashMap<>();

    Copies(Path file) {
        this.file = file;
    }

    /** Says that a value is a copy. */
    void add(String copy, String source) {
        sources.put(copy, source);
    }

    /**
     * The value that a value is a copy of, through all copies; itself if it is none.
     *
     * @throws InvalidInputException where copies run in a circle
     */
    String original(String value) {
        String found = value;
        for (int i = 0; i <= sources.size(); i++) {
            String source = sources.get(found);
            if (source == null) {
                return found;
            }
            found = source;
        }
        throw InvalidInputException.of(
                file, "tensor " + ModelFile.printable(value), "an acyclic graph", "a tensor made from itself");
    }
}
