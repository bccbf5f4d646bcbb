package dev.spindle;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** The class of each pixel of a picture, at the picture's own size. Immutable and safe to share between threads. */
public final class Segmentation {

    private final int width;
    private final int height;
    private final byte[] mask;
    private final List<String> labels;

    /**
     * One class of a picture.
     *
     * @param index the class, from 0, in the order of the network's outputs
     * @param label its name; {@code class N} where the model has no labels
     * @param pixels how many there are
     */
    public record Area(int index, String label, int pixels) {}

    /**
     * @param mask {@code [height][width]}, taken over
     * @param labels one name a class; empty where there are none
     */
    Segmentation(int width, int height, byte[] mask, List<String> labels) {
        this.width = width;
        this.height = height;
        this.mask = mask;
        this.labels = labels;
    }

    /** Pixels a row. */
    public int width() {
        return width;
    }

    /** Rows. */
    public int height() {
        return height;
    }

    /** The class of a pixel. */
    public int classOf(int x, int y) {
        Objects.checkIndex(x, width);
        Objects.checkIndex(y, height);
        return Byte.toUnsignedInt(mask[y * width + x]);
    }

    /** A copy of the {@code [height][width]} classes, as unsigned bytes. */
    public byte[] toMask() {
        return mask.clone();
    }

    /** The classes that there are, the largest area first; of equal ones, the lower index first. */
    public List<Area> areas() {
        int[] pixels = new int[1 << Byte.SIZE];
        for (byte index : mask) {
            pixels[Byte.toUnsignedInt(index)]++;
        }
        List<Area> areas = new ArrayList<>();
        for (int i = 0; i < pixels.length; i++) {
            if (pixels[i] > 0) {
                areas.add(new Area(i, labels.isEmpty() ? "class " + i : labels.get(i), pixels[i]));
            }
        }
        areas.sort(Comparator.comparingInt(Area::pixels).reversed());
        return areas;
    }
}
