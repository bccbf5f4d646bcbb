package dev.spindle.cli;

import dev.spindle.weights.WholeFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** A picture as a PNG file. */
final class PngFile {

    private PngFile() {}

    /** Writes a picture, at once; throws {@link UncheckedIOException} where that fails. */
    static void write(BufferedImage picture, Path file) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
            ImageIO.write(picture, "png", stream);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written", e);
        }
        WholeFile.write(file, List.of(ByteBuffer.wrap(bytes.toByteArray())));
    }
}
