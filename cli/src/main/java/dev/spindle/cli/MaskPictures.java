package dev.spindle.cli;

import dev.spindle.Segmentation;
import dev.spindle.image.Image;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Pictures of segmentations. */
final class MaskPictures {

    /** What of a pixel's colour is that of its class. */
    private static final double OPACITY = 0.55;

    /** Legend text in parts of the picture's longer side, and no smaller than so many pixels. */
    private static final int TEXT_PARTS = 32;

    private static final int SMALLEST_TEXT = 10;

    private static final int BACKGROUND = 0;

    private MaskPictures() {}

    /** The classes themselves, with the palette that shows them. */
    static BufferedImage mask(Segmentation found) {
        IndexColorModel palette = new IndexColorModel(
                Byte.SIZE, Palette.SIZE, Palette.channel(16), Palette.channel(8), Palette.channel(0));
        BufferedImage picture =
                new BufferedImage(found.width(), found.height(), BufferedImage.TYPE_BYTE_INDEXED, palette);
        picture.getRaster().setDataElements(0, 0, found.width(), found.height(), found.toMask());
        return picture;
    }

    /** The photo with all classes but the first in their colours, and a legend of them. */
    static BufferedImage overlay(Image photo, Segmentation found) {
        BufferedImage picture = new BufferedImage(photo.width(), photo.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < photo.height(); y++) {
            for (int x = 0; x < photo.width(); x++) {
                int index = found.classOf(x, y);
                int pixel = photo.pixel(x, y);
                picture.setRGB(x, y, index == BACKGROUND ? pixel : blend(pixel, Palette.colour(index)));
            }
        }
        legend(picture, found.areas().stream().filter(area -> area.index() != BACKGROUND).toList());
        return picture;
    }

    private static int blend(int below, int above) {
        int blended = 0;
        for (int shift = 0; shift <= 16; shift += 8) {
            double mixed = (1 - OPACITY) * (below >> shift & 0xff) + OPACITY * (above >> shift & 0xff);
            blended |= (int) Math.round(mixed) << shift;
        }
        return blended;
    }

    private static void legend(BufferedImage picture, List<Segmentation.Area> areas) {
        if (areas.isEmpty()) {
            return;
        }
        int size = Math.max(SMALLEST_TEXT, Math.max(picture.getWidth(), picture.getHeight()) / TEXT_PARTS);
        Graphics2D graphics = picture.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, size));
        FontMetrics text = graphics.getFontMetrics();
        int line = text.getHeight();
        int width = areas.stream().mapToInt(area -> text.stringWidth(area.label())).max().orElseThrow();
        graphics.setColor(new Color(255, 255, 255, 200));
        graphics.fillRect(size / 2, size / 2, width + 3 * size, areas.size() * line + size / 2);
        for (int i = 0; i < areas.size(); i++) {
            int top = size * 3 / 4 + i * line;
            graphics.setColor(new Color(Palette.colour(areas.get(i).index())));
            graphics.fillRect(size, top + (line - size) / 2, size, size);
            graphics.setColor(Color.BLACK);
            graphics.drawString(areas.get(i).label(), size * 5 / 2, top + text.getAscent());
        }
        graphics.dispose();
    }

    /** Writes a picture as PNG; throws {@link UncheckedIOException} where that fails. */
    static void write(BufferedImage picture, Path file) {
        try {
            ImageIO.write(picture, "png", file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written", e);
        }
    }
}
