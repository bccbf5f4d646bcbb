package dev.spindle.plan;

import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.QuantisedDense;
import dev.spindle.kernel.Tiling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes weights into one block of memory in execution order, the way each layer's type describes. Two passes: offsets are
 * handed out first, so that the memory can be allocated once, then {@link #pack} writes. Kernels of integers come as floats,
 * too, which hold them exactly.
 */
final class Packer {

    /** Stands in an order for a weight of 0. */
    static final int FILL = -1;

    private interface Part {
        void write(Memory memory);
    }

    private final Layout layout;
    private final List<Part> parts = new ArrayList<>();
    private int end;

    Packer(Layout layout) {
        this.layout = layout;
        this.end = origin();
    }

    private int origin() {
        return Memory.origin(layout.memory(), layout.weights());
    }

    /** New memory with all that was handed in. */
    Memory pack() {
        Memory memory = Memory.allocate(layout.memory(), layout.weights(), end - origin());
        for (Part part : parts) {
            part.write(memory);
        }
        return memory;
    }

    private int reserve(long elements) {
        int offset = end;
        end = Math.toIntExact(end + layout.weights().roundUp(elements));
        return offset;
    }

    /** One float per padded output, zero behind the last. */
    int bias(float[] bias) {
        return bias(bias, layout.blocks(bias.length));
    }

    /** The same for so many channel blocks. */
    int bias(float[] bias, int blocks) {
        int offset = reserve((long) blocks * layout.channelBlock());
        parts.add(memory -> memory.write(offset, bias, 0, bias.length));
        return offset;
    }

    /** Bytes as they are. */
    int bytes(byte[] bytes) {
        int offset = reserve(bytes.length);
        parts.add(memory -> memory.write(offset, bytes, 0, bytes.length));
        return offset;
    }

    /** Integers of 32 bits among the bytes of off-heap memory. */
    int integers(int[] values) {
        int offset = reserve((long) Integer.BYTES * values.length);
        parts.add(memory -> memory.write(offset, values, 0, values.length));
        return offset;
    }

    /**
     * A matrix for register tiles.
     *
     * @param kernel {@code [outputs][inputs]}
     * @param order where element i of the packed order stands in the kernel's row, or {@link #FILL}
     */
    int matrix(float[] kernel, int outputs, int[] order, Tiling tiling) {
        int k = order.length;
        int c = layout.channelBlock();
        int offset = reserve((long) layout.padded(outputs) * k);
        parts.add(memory -> {
            for (int tile = 0; tile < tiling.channelTiles(); tile++) {
                int first = tiling.firstBlock(tile) * c;
                panel(memory, offset + first * k, kernel, outputs, order, first, tiling.vectors(tile) * c);
            }
        });
        return offset;
    }

    /** A dense layer's {@code [outputs][inputs]} in tiles of {@code vectors} blocks and less at the end. */
    int dense(float[] kernel, int outputs, int inputs, Dense shape) {
        int c = layout.channelBlock();
        int offset = reserve((long) shape.blocks() * c * inputs);
        int[] order = identity(inputs);
        parts.add(memory -> {
            for (int unit = 0; unit < shape.units(); unit++) {
                int first = shape.firstBlock(unit) * c;
                int lanes = shape.firstBlock(unit + 1) * c - first;
                panel(memory, offset + first * inputs, kernel, outputs, order, first, lanes);
            }
        });
        return offset;
    }

    /** The same in bytes, four to the bits of a float, as {@link QuantisedDense} tells. */
    int denseBytes(float[] kernel, int outputs, int inputs, Dense shape) {
        int c = layout.channelBlock();
        int groups = Math.ceilDiv(inputs, QuantisedDense.GROUP);
        int offset = reserve((long) shape.blocks() * c * groups);
        parts.add(memory -> {
            for (int unit = 0; unit < shape.units(); unit++) {
                int first = shape.firstBlock(unit) * c;
                int lanes = shape.firstBlock(unit + 1) * c - first;
                float[] panel = new float[groups * lanes];
                for (int i = 0; i < Math.min(lanes, outputs - first) * inputs; i++) {
                    int lane = i / inputs;
                    int k = i % inputs;
                    int place = QuantisedDense.place(lanes / c, c, lane, k);
                    int at = place / Float.BYTES;
                    int bits = (int) kernel[(first + lane) * inputs + k] & 0xff;
                    panel[at] = Float.intBitsToFloat(
                            Float.floatToRawIntBits(panel[at]) | bits << place % Float.BYTES * Byte.SIZE);
                }
                memory.write(offset + first * groups, panel, 0, panel.length);
            }
        });
        return offset;
    }

    /** A depthwise kernel {@code [channels][9]} as {@code [blocks][9][c]}. */
    int depthwise(float[] kernel, int channels) {
        int c = layout.channelBlock();
        int offset = reserve((long) layout.padded(channels) * Depthwise.TAPS);
        int[] order = identity(Depthwise.TAPS);
        parts.add(memory -> {
            for (int first = 0; first < channels; first += c) {
                panel(memory, offset + first * Depthwise.TAPS, kernel, channels, order, first, c);
            }
        });
        return offset;
    }

    /** {@code [k][lanes]} for outputs {@code first} to {@code first + lanes}, zero behind the last output. */
    private static void panel(
            Memory memory, int offset, float[] kernel, int outputs, int[] order, int first, int lanes) {
        int k = order.length;
        int each = kernel.length / outputs;
        float[] panel = new float[k * lanes];
        for (int lane = 0; lane < Math.min(lanes, outputs - first); lane++) {
            int row = (first + lane) * each;
            for (int i = 0; i < k; i++) {
                panel[i * lanes + lane] = order[i] == FILL ? 0 : kernel[row + order[i]];
            }
        }
        if (memory.element() == Memory.Element.FLOAT) {
            memory.write(offset, panel, 0, panel.length);
        } else {
            int[] integers = new int[panel.length];
            Arrays.setAll(integers, i -> (int) panel[i]);
            memory.write(offset, integers, 0, integers.length);
        }
    }

    static int[] identity(int k) {
        int[] order = new int[k];
        Arrays.setAll(order, i -> i);
        return order;
    }
}
