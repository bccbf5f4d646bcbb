package dev.spindle.cli;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Reads a labels file: one class a line, in the order of the network's outputs. */
final class Labels {

    private static final int MAX_BYTES = 16 << 20;
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private Labels() {}

    /**
     * Reads a file.
     *
     * @param file UTF-8 text; blank lines at its end do not count
     * @param classes how many labels there must be
     * @return one label a class
     * @throws InvalidInputException where the file is no such text, or has more or fewer labels
     * @throws UncheckedIOException where it cannot be read
     */
    static List<String> read(Path file, int classes) {
        List<String> labels = lines(file);
        if (labels.size() != classes) {
            throw new InvalidInputException(
                    file + ": expected " + Text.count(classes, "label") + ", one a line for each class, found "
                            + Text.count(labels.size(), "label"));
        }
        return labels;
    }

    /**
     * Reads a detector's file, in which the first line may be the background.
     *
     * @param file as in {@link #read}
     * @param classes how many labels there must be, the background not counted
     * @return one label a class
     */
    static List<String> withoutBackground(Path file, int classes) {
        List<String> labels = lines(file);
        return labels.size() == classes + 1 ? labels.subList(1, labels.size()) : read(file, classes);
    }

    /** The lines of such a file, stripped; blank ones at its end do not count. */
    static List<String> lines(Path file) {
        String text = decode(file, bytes(file));
        return text.isBlank() ? List.of() : text.stripTrailing().lines().map(String::strip).toList();
    }

    private static byte[] bytes(Path file) {
        if (Files.isDirectory(file)) {
            throw new InvalidInputException(file + ": expected a labels file, found a folder");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new InvalidInputException(file + ": expected a labels file of at most " + MAX_BYTES + " bytes");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new InvalidInputException(file + ": expected a labels file, found no such file", e);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }

    private static String decode(Path file, byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new InvalidInputException(file + ": expected labels in UTF-8, found other bytes", e);
        }
    }
}
