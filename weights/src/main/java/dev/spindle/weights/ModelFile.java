package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Supplier;

/** What all readers need of a file. */
final class ModelFile {

    private static final int PRINTABLE_LENGTH = 100;

    private ModelFile() {}

    /**
     * Maps a whole file.
     *
     * @param file a regular file of less than 2 GiB
     * @return its bytes, little-endian, read-only
     */
    static ByteBuffer map(Path file) {
        try {
            if (Files.isDirectory(file)) {
                throw new InvalidInputException(file + ": expected a file, found a directory");
            }
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                long size = channel.size();
                if (size > Integer.MAX_VALUE) {
                    throw new InvalidInputException(
                            file + ": expected at most " + Integer.MAX_VALUE + " bytes, found " + size);
                }
                return channel.map(FileChannel.MapMode.READ_ONLY, 0, size).order(ByteOrder.LITTLE_ENDIAN);
            }
        } catch (NoSuchFileException e) {
            throw new InvalidInputException(file + ": no such file", e);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** Text of a file for a message: on one line, and short. */
    static String printable(String text) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < text.length() && i < PRINTABLE_LENGTH; i++) {
            char c = text.charAt(i);
            line.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
        }
        return text.length() > PRINTABLE_LENGTH ? line.append("...").toString() : line.toString();
    }

    /** The decimal that a float was written as: 0.001 and not 0.0010000000474974513. */
    static double decimal(float value) {
        return Double.parseDouble(Float.toString(value));
    }

    /** Builds what checks its own arguments; what it refuses is the file's fault. */
    static <T> T valid(Path file, Supplier<T> part) {
        try {
            return part.get();
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException(file + ": " + e.getMessage(), e);
        }
    }
}
