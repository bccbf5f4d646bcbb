package dev.spindle.cli;

import dev.spindle.image.Image;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** A copy of a photo to draw on. */
final class Canvas implements AutoCloseable {

    private final BufferedImage picture;
    private final Graphics2D graphics;
    private final Function<Graphics2D, FontMetrics> metrics;
    /** Why there are no letters; null as long as there are, or none were wanted. */
    private String withoutLetters;

    Canvas(Image photo) {
        this(photo, Graphics2D::getFontMetrics);
    }

    /** @param metrics gives those of the font that is set */
    Canvas(Image photo, Function<Graphics2D, FontMetrics> metrics) {
        this.metrics = metrics;
        picture = new BufferedImage(photo.width(), photo.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < photo.height(); y++) {
            for (int x = 0; x < photo.width(); x++) {
                picture.setRGB(x, y, photo.pixel(x, y));
            }
        }
        graphics = picture.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    }

    BufferedImage picture() {
        return picture;
    }

    Graphics2D graphics() {
        return graphics;
    }

    /** Sets a font of the system; gives its measures, or nothing where the system has no fonts. */
    Optional<FontMetrics> letters(int style, int size) {
        graphics.setFont(new Font(Font.SANS_SERIF, style, size));
        try {
            return Optional.of(metrics.apply(graphics));
        } catch (RuntimeException e) {
            // Without fonts Java throws nothing more special.
            withoutLetters = e.getMessage();
            return Optional.empty();
        }
    }

    /** Writes what was drawn; says so where that had to do without letters. */
    void write(Path file, PrintWriter err) {
        PngFile.write(picture, file);
        if (withoutLetters != null) {
            Failures.report(err, file + ": drawn without letters, for the system has no fonts: " + withoutLetters);
        }
    }

    @Override
    public void close() {
        graphics.dispose();
    }
}
