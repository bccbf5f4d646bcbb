package dev.spindle.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How a camera was held: the eight values of Exif's tag Orientation (Exif 2.32, 4.6.4 A; TIFF 6.0, section 8), in the
 * order of their numbers.
 */
enum Orientation {
    TOP_LEFT(false, false, false),
    TOP_RIGHT(false, true, false),
    BOTTOM_RIGHT(false, true, true),
    BOTTOM_LEFT(false, false, true),
    LEFT_TOP(true, false, false),
    RIGHT_TOP(true, false, true),
    RIGHT_BOTTOM(true, true, true),
    LEFT_BOTTOM(true, true, false);

    private static final int TAG = 0x0112;
    private static final int SHORT = 3;
    private static final int ENTRY_BYTES = 12;

    /** Whether rows of the upright picture are columns of the stored one. */
    private final boolean transposed;

    /** Whether the stored picture is walked from its right side, and from its bottom, as the upright one is written. */
    private final boolean fromRight;

    private final boolean fromBottom;

    Orientation(boolean transposed, boolean fromRight, boolean fromBottom) {
        this.transposed = transposed;
        this.fromRight = fromRight;
        this.fromBottom = fromBottom;
    }

    /**
     * Reads the tag.
     *
     * @param exif a TIFF header and its first directory, as Exif holds it; what does not fit is taken for absent
     * @return {@link #TOP_LEFT} where there is no valid one
     */
    static Orientation ofExif(ByteBuffer exif) {
        ByteBuffer tiff = exif.slice();
        if (tiff.remaining() < 8) {
            return TOP_LEFT;
        }
        int order = tiff.getShort(0);
        if (order == 0x4949) {
            tiff.order(ByteOrder.LITTLE_ENDIAN);
        } else if (order != 0x4D4D) {
            return TOP_LEFT;
        }
        long directory = Integer.toUnsignedLong(tiff.getInt(4));
        if (tiff.getShort(2) != 42 || directory > tiff.limit() - 2) {
            return TOP_LEFT;
        }
        int entries = Short.toUnsignedInt(tiff.getShort((int) directory));
        int at = (int) directory + 2;
        for (int i = 0; i < entries && at <= tiff.limit() - ENTRY_BYTES; i++, at += ENTRY_BYTES) {
            if (Short.toUnsignedInt(tiff.getShort(at)) == TAG) {
                int value = Short.toUnsignedInt(tiff.getShort(at + 8));
                boolean valid = tiff.getShort(at + 2) == SHORT && value >= 1 && value <= values().length;
                return valid ? values()[value - 1] : TOP_LEFT;
            }
        }
        return TOP_LEFT;
    }

    /** The picture as it is to be seen. */
    Image upright(Image stored) {
        if (this == TOP_LEFT) {
            return stored;
        }
        int width = transposed ? stored.height() : stored.width();
        int height = transposed ? stored.width() : stored.height();
        int right = fromRight ? stored.width() - 1 : 0;
        int bottom = fromBottom ? stored.height() - 1 : 0;
        int stepX = (fromRight ? -1 : 1) * Image.CHANNELS;
        int stepY = (fromBottom ? -stored.width() : stored.width()) * Image.CHANNELS;
        int start = (bottom * stored.width() + right) * Image.CHANNELS;
        byte[] from = stored.bytes();
        byte[] to = new byte[from.length];
        int next = 0;
        for (int y = 0; y < height; y++) {
            int at = start + y * (transposed ? stepX : stepY);
            for (int x = 0; x < width; x++) {
                to[next++] = from[at];
                to[next++] = from[at + 1];
                to[next++] = from[at + 2];
                at += transposed ? stepY : stepX;
            }
        }
        return Image.wrap(width, height, to);
    }
}
