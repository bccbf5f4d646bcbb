package dev.spindle.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;

/**
 * A file that is written beside its place and moved there when it is complete: nobody sees half of it, and what stood there
 * stays until then. Without {@link #complete} nothing remains of it.
 */
public final class WholeFile implements AutoCloseable {

    private final Path file;
    private final Path target;
    private final Path part;
    private final FileChannel channel;

    private WholeFile(Path file) throws IOException {
        this.file = file;
        this.target = file.toAbsolutePath();
        this.part = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".part");
        this.channel = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /**
     * Begins a file.
     *
     * @param file where it will be; replaced if it exists
     * @return an empty one, to be closed
     * @throws UncheckedIOException where it cannot be written
     */
    public static WholeFile begin(Path file) {
        try {
            return new WholeFile(file);
        } catch (NoSuchFileException e) {
            throw failed(file, new IOException("its folder does not exist", e));
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    /**
     * Writes a whole file.
     *
     * @param file where to; replaced if it exists
     * @param content its bytes, one buffer after the other, each from position to limit
     * @throws UncheckedIOException where it cannot be written
     */
    public static void write(Path file, List<ByteBuffer> content) {
        try (WholeFile whole = begin(file)) {
            content.forEach(whole::append);
            whole.complete();
        }
    }

    /**
     * Writes behind what is there.
     *
     * @param bytes from position to limit
     * @throws UncheckedIOException where they cannot be written
     */
    public void append(ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    /**
     * Writes over what is there, from the start.
     *
     * @param bytes from position to limit
     * @throws UncheckedIOException where they cannot be written
     */
    public void overwriteStart(ByteBuffer bytes) {
        try {
            for (int at = 0; bytes.hasRemaining(); ) {
                at += channel.write(bytes, at);
            }
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    /**
     * Moves the file to its place; nothing can be written to it any more.
     *
     * @throws UncheckedIOException where that cannot be done
     */
    public void complete() {
        try {
            channel.force(true);
            channel.close();
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    private static UncheckedIOException failed(Path file, IOException e) {
        return new UncheckedIOException(file + ": cannot be written: " + e.getMessage(), e);
    }

    /** Removes what was not completed; idempotent. */
    @Override
    public void close() {
        try {
            channel.close();
            Files.deleteIfExists(part);
        } catch (IOException e) {
            throw failed(file, e);
        }
    }
}
