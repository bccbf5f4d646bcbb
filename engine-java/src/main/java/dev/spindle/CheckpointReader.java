package dev.spindle;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Reads one file format. Found with {@link java.util.ServiceLoader}; {@code spindle-weights} brings those of the
 * published formats.
 */
public interface CheckpointReader {

    /** How many leading bytes {@link #accepts} is shown. */
    int HEAD_BYTES = 512;

    /** The format's name for people. */
    String format();

    /**
     * Whether a file looks like this format, by content first and by name where content does not tell.
     *
     * @param file the file, or a folder
     * @param head its first {@link #HEAD_BYTES} bytes, fewer if it is shorter, none of a folder; a view of its own
     * @return true to be asked to read it
     */
    boolean accepts(Path file, ByteBuffer head);

    /**
     * Reads a file.
     *
     * @param file the file
     * @return network and weights
     * @throws InvalidInputException where the file is not what it should be
     * @throws java.io.UncheckedIOException where it cannot be read
     */
    Checkpoint read(Path file);
}
