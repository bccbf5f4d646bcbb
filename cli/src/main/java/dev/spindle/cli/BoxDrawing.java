package dev.spindle.cli;

import dev.spindle.Detection;
import dev.spindle.image.Image;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;

/** Draws what a detector found on the picture that it looked at: boxes, a colour a class, with label and score. */
final class BoxDrawing {

    /** Of the picture's short side. */
    private static final double LINE = 1 / 240.0;
    private static final double LETTERS = 1 / 32.0;

    private static final int THINNEST_LINE = 2;
    private static final int SMALLEST_LETTERS = 11;

    /** Luma above which black letters are easier to read than white ones. */
    private static final double LIGHT = 140;

    private final BufferedImage canvas;
    private final Graphics2D graphics;
    private final float line;

    private BoxDrawing(Image image) {
        canvas = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                canvas.setRGB(x, y, image.pixel(x, y));
            }
        }
        graphics = canvas.createGraphics();
        int side = Math.min(image.width(), image.height());
        line = Math.max(THINNEST_LINE, Math.round(side * LINE));
        graphics.setFont(new Font(
                Font.SANS_SERIF, Font.BOLD, (int) Math.max(SMALLEST_LETTERS, Math.round(side * LETTERS))));
        graphics.setStroke(new BasicStroke(line));
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    }

    /**
     * A picture with boxes.
     *
     * @param image the picture
     * @param found in pixels of the picture; the first is drawn last, above all others
     */
    static BufferedImage of(Image image, List<Detection> found) {
        BoxDrawing drawing = new BoxDrawing(image);
        for (Detection detection : found.reversed()) {
            drawing.draw(detection);
        }
        drawing.graphics.dispose();
        return drawing.canvas;
    }

    private void draw(Detection found) {
        Color colour = colour(found.index());
        float left = found.box().left() + line / 2;
        float top = found.box().top() + line / 2;
        float width = Math.max(0, found.box().right() - found.box().left() - line);
        float height = Math.max(0, found.box().bottom() - found.box().top() - line);
        graphics.setColor(colour);
        graphics.draw(new Rectangle2D.Float(left, top, width, height));
        String text = Text.line(found.label()) + Text.format(" %.0f %%", 100 * found.score());
        FontMetrics letters = graphics.getFontMetrics();
        int margin = letters.getDescent();
        int textWidth = letters.stringWidth(text) + 2 * margin;
        int textHeight = letters.getHeight();
        // Above the box where there is room, within it where there is not, and never beyond the picture's edges.
        int x = Math.clamp((int) found.box().left(), 0, Math.max(0, canvas.getWidth() - textWidth));
        int above = (int) found.box().top() - textHeight;
        int y = above >= 0 ? above : (int) found.box().top();
        graphics.fillRect(x, y, textWidth, textHeight);
        graphics.setColor(luma(colour) > LIGHT ? Color.BLACK : Color.WHITE);
        graphics.drawString(text, x + margin, y + letters.getAscent());
    }

    /** Class 0 of the palette is the background's. */
    private static Color colour(int index) {
        return new Color(Palette.colour((index + 1) % Palette.SIZE));
    }

    private static double luma(Color colour) {
        return 0.299 * colour.getRed() + 0.587 * colour.getGreen() + 0.114 * colour.getBlue();
    }
}
