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
        int c = layout.channelBlock();
        if (block.length < pixels * c) {
            block = new float[pixels * c];
        }
        for (int first = 0; first < channels; first += c) {
            readBlock(map, activations, map.offset() + first * pixels, pixels * c);
            int lanes = Math.min(c, channels - first);
            for (int pixel = 0; pixel < pixels; pixel++) {
                System.arraycopy(block, pixel * c, target, to + pixel * channels + first, lanes);
            }
        }
    }

    private void readBlock(FeatureMap map, Memory activations, int from, int length) {
        if (map.quantisation().isEmpty()) {
            activations.read(from, block, 0, length);
            return;
        }
        if (integers.length < length) {
            integers = new int[length];
        }
        activations.readIntegers(from, integers, 0, length);
        float scale = map.quantisation().get().scale();
        int zero = layout.isCentred() ? 0 : map.quantisation().get().zeroPoint();
        for (int i = 0; i < length; i++) {
            block[i] = scale * (integers[i] - zero);
        }
    }
}
