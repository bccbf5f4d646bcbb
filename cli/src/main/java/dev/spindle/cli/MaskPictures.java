package dev.spindle.cli;

import dev.spindle.Segmentation;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.util.List;

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

    /** Draws all classes but the first over their photo, in their colours, and a legend of them. */
    static void overlay(Canvas photo, Segmentation found) {
        BufferedImage picture = photo.picture();
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                int index = found.classOf(x, y);
                if (index != BACKGROUND) {
                    picture.setRGB(x, y, blend(picture.getRGB(x, y), Palette.colour(index)));
                }
            }
        }
        List<Segmentation.Area> areas =
                found.areas().stream().filter(area -> area.index() != BACKGROUND).toList();
        int size = Math.max(SMALLEST_TEXT, Math.max(picture.getWidth(), picture.getHeight()) / TEXT_PARTS);
        if (!areas.isEmpty()) {
            photo.letters(Font.PLAIN, size).ifPresent(text -> legend(photo.graphics(), areas, size, text));
        }
    }

    private static int blend(int below, int above) {
        int blended = 0;
        for (int shift = 0; shift <= 16; shift += 8) {
            double mixed = (1 - OPACITY) * (below >> shift & 0xff) + OPACITY * (above >> shift & 0xff);
            blended |= (int) Math.round(mixed) << shift;
        }
        return blended;
    }

    private static void legend(Graphics2D graphics, List<Segmentation.Area> areas, int size, FontMetrics text) {
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
    }
}
