package dev.spindle.cli;

import dev.spindle.Detection;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
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

    private final Canvas canvas;
    private final float line;
    private final int size;

    private BoxDrawing(Canvas canvas) {
        this.canvas = canvas;
        int side = Math.min(canvas.picture().getWidth(), canvas.picture().getHeight());
        line = Math.max(THINNEST_LINE, Math.round(side * LINE));
        size = (int) Math.max(SMALLEST_LETTERS, Math.round(side * LETTERS));
    }

    /**
     * Draws boxes.
     *
     * @param canvas of the picture
     * @param found in pixels of the picture; the first is drawn last, above all others
     */
    static void draw(Canvas canvas, List<Detection> found) {
        BoxDrawing drawing = new BoxDrawing(canvas);
        found.reversed().forEach(drawing::draw);
    }

    private void draw(Detection found) {
        Color colour = colour(found.index());
        float left = found.box().left() + line / 2;
        float top = found.box().top() + line / 2;
        float width = Math.max(0, found.box().right() - found.box().left() - line);
        float height = Math.max(0, found.box().bottom() - found.box().top() - line);
        Graphics2D graphics = canvas.graphics();
        graphics.setColor(colour);
        graphics.setStroke(new BasicStroke(line));
        graphics.draw(new Rectangle2D.Float(left, top, width, height));
        canvas.letters(Font.BOLD, size).ifPresent(letters -> label(found, colour, letters));
    }

    private void label(Detection found, Color colour, FontMetrics letters) {
        String text = Text.line(found.label()) + Text.format(" %.0f %%", 100 * found.score());
        int margin = letters.getDescent();
        int textWidth = letters.stringWidth(text) + 2 * margin;
        int textHeight = letters.getHeight();
        // Above the box where there is room, within it where there is not, and never beyond the picture's edges.
        int x = Math.clamp((int) found.box().left(), 0, Math.max(0, canvas.picture().getWidth() - textWidth));
        int above = (int) found.box().top() - textHeight;
        int y = above >= 0 ? above : (int) found.box().top();
        Graphics2D graphics = canvas.graphics();
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
