package dev.spindle;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Bad input of any kind: a file that is not what it should be, a tensor that is missing or has the wrong shape, an
 * image that cannot be decoded. The message is one line that names the file, the place in it, what was expected and what
 * was found; it is meant for users.
 */
public final class InvalidInputException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** An error without a cause. */
    public InvalidInputException(String message) {
        super(Objects.requireNonNull(message, "message"));
    }

    /** An error that another exception revealed. */
    public InvalidInputException(String message, Throwable cause) {
        super(Objects.requireNonNull(message, "message"), cause);
    }

    /**
     * The usual form.
     *
     * @param file the file at fault
     * @param where the tensor's name or the byte offset, as words: {@code tensor conv.weight}, {@code offset 8}
     * @param expected what should have been there
     * @param found what was there
     * @return the exception, to be thrown
     */
    public static InvalidInputException of(Path file, String where, String expected, String found) {
        return new InvalidInputException(file + ": " + where + ": expected " + expected + ", found " + found);
    }
}
