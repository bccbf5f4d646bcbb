package dev.spindle.cli;

/**
 * The colours of PASCAL VOC's masks: the lowest bits of a class's number are the highest of red, green and blue, the next three
 * bits the next, and so on.
 */
final class Palette {

    /** How many colours there are. */
    static final int SIZE = 256;

    private static final int CHANNELS = 3;

    private Palette() {}

    /** The colour of a class as {@code 0xRRGGBB}. */
    static int colour(int index) {
        int colour = 0;
        int bits = index;
        for (int shift = Byte.SIZE - 1; bits != 0; shift--, bits >>= CHANNELS) {
            colour |= (bits & 1) << 16 + shift | (bits >> 1 & 1) << 8 + shift | (bits >> 2 & 1) << shift;
        }
        return colour;
    }

    /** One byte a class: red, green or blue by {@code shift} of 16, 8 or 0. */
    static byte[] channel(int shift) {
        byte[] values = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            values[i] = (byte) (colour(i) >> shift);
        }
        return values;
    }
}
