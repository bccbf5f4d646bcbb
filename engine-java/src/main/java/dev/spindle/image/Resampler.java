package dev.spindle.image;

import dev.spindle.image.Preprocessing.Interpolation;
import java.util.Arrays;

/**
 * Resizes a picture, or only a window of the resized one, in two passes, horizontal first, with 8-bit pixels between them.
 * Buffers grow and are used again: one thread at a time.
 */
final class Resampler {

    /**
     * A window of the resized picture.
     *
     * @param width of the resized picture
     * @param height of the resized picture
     * @param left the window's first column
     * @param top the window's first row
     */
    record Window(long width, long height, long left, long top) {}

    private static final int HALF = 1 << Axis.FRACTION - 1;

    private final Axis horizontal = new Axis();
    private final Axis vertical = new Axis();
    private byte[] rows = {};
    private int[] sums = {};

    /**
     * Resizes.
     *
     * @param source the picture
     * @param window what to compute
     * @param columns the window's width
     * @param lines the window's height
     * @param interpolation the filter
     * @param target receives {@code lines * columns * 3} bytes, RGB
     */
    void resample(Image source, Window window, int columns, int lines, Interpolation interpolation, byte[] target) {
        horizontal.prepare(source.width(), window.width(), window.left(), columns, interpolation);
        vertical.prepare(source.height(), window.height(), window.top(), lines, interpolation);
        int from = vertical.firstInput();
        int count = vertical.endInput() - from;
        int rowBytes = columns * Image.CHANNELS;
        int needed = Math.multiplyExact(count, rowBytes);
        if (rows.length < needed) {
            rows = new byte[needed];
        }
        if (sums.length < rowBytes) {
            sums = new int[rowBytes];
        }
        for (int row = 0; row < count; row++) {
            shrinkRow(source.bytes(), (from + row) * source.width(), columns, rows, row * rowBytes);
        }
        for (int line = 0; line < lines; line++) {
            blendRows(line, from, rowBytes, target);
        }
    }

    private void shrinkRow(byte[] source, int rowPixel, int columns, byte[] target, int targetAt) {
        int[] weights = horizontal.weights();
        int to = targetAt;
        for (int x = 0; x < columns; x++) {
            int at = (rowPixel + horizontal.start(x)) * Image.CHANNELS;
            int first = horizontal.weightsAt(x);
            int end = first + horizontal.count(x);
            int red = HALF;
            int green = HALF;
            int blue = HALF;
            for (int k = first; k < end; k++, at += Image.CHANNELS) {
                int weight = weights[k];
                red += (source[at] & 0xFF) * weight;
                green += (source[at + 1] & 0xFF) * weight;
                blue += (source[at + 2] & 0xFF) * weight;
            }
            target[to++] = clip(red);
            target[to++] = clip(green);
            target[to++] = clip(blue);
        }
    }

    private void blendRows(int line, int firstRow, int rowBytes, byte[] target) {
        int[] weights = vertical.weights();
        int first = vertical.weightsAt(line);
        int rowAt = (vertical.start(line) - firstRow) * rowBytes;
        Arrays.fill(sums, 0, rowBytes, HALF);
        for (int k = 0; k < vertical.count(line); k++, rowAt += rowBytes) {
            int weight = weights[first + k];
            for (int i = 0; i < rowBytes; i++) {
                sums[i] += (rows[rowAt + i] & 0xFF) * weight;
            }
        }
        int to = line * rowBytes;
        for (int i = 0; i < rowBytes; i++) {
            target[to + i] = clip(sums[i]);
        }
    }

    private static byte clip(int fixed) {
        return (byte) Math.max(0, Math.min(255, fixed >> Axis.FRACTION));
    }
}
