package dev.spindle.plan;

import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;

/** Copies maps out in logical order. Its buffers are kept from call to call and only grow; one thread at a time. */
public final class MapReader {

    private final Layout layout;
    private float[] block = {};
    private int[] integers = {};

    /** @param layout the plan's */
    public MapReader(Layout layout) {
        this.layout = layout;
    }

    /**
     * Copies a map out.
     *
     * @param map of a plan of this layout
     * @param activations a session's memory
     * @param target receives {@code [height][width][channels]}, bytes as the real numbers that they stand for
     * @param to where the first value goes
     */
    public void read(FeatureMap map, Memory activations, float[] target, int to) {
        int pixels = map.pixels();
        int channels = map.channels();
        if (pixels == 1) {
            // A single pixel's blocks follow each other.
            copy(map, activations, map.offset(), channels, target, to);
            return;
        }
        int c = layout.channelBlock();
        if (block.length < pixels * c) {
            block = new float[pixels * c];
        }
        for (int first = 0; first < channels; first += c) {
            copy(map, activations, map.offset() + first * pixels, pixels * c, block, 0);
            int lanes = Math.min(c, channels - first);
            for (int pixel = 0; pixel < pixels; pixel++) {
                System.arraycopy(block, pixel * c, target, to + pixel * channels + first, lanes);
            }
        }
    }

    /** Copies elements in the order that they have in memory. */
    private void copy(FeatureMap map, Memory activations, int from, int length, float[] target, int to) {
        if (map.quantisation().isEmpty()) {
            activations.read(from, target, to, length);
            return;
        }
        if (integers.length < length) {
            integers = new int[length];
        }
        activations.readIntegers(from, integers, 0, length);
        float scale = map.quantisation().get().scale();
        int zero = layout.isCentred() ? 0 : map.quantisation().get().zeroPoint();
        for (int i = 0; i < length; i++) {
            target[to + i] = scale * (integers[i] - zero);
        }
    }
}
