package dev.spindle.weights;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * An array whose elements need not lie row by row: element {@code [i, j, ...]} is number
 * {@code offset + i * strides[0] + j * strides[1] + ...} of its storage, which others may share.
 *
 * @param type of the elements
 * @param storage from position to limit, in the buffer's byte order; not copied
 * @param offset the first element's number
 * @param shape sizes, outermost first
 * @param strides steps between neighbours, in elements, as many as sizes
 */
record StridedTensor(Safetensors.Type type, ByteBuffer storage, int offset, List<Integer> shape, List<Integer> strides) {

    static final int MAX_DIMENSIONS = 8;

    /** A stride of 0 repeats elements without end: so many may be more than the storage has. */
    private static final int MAX_REPEATED = 1 << 20;

    /**
     * Checks that every element lies in the storage, and copies the lists.
     *
     * @throws IllegalArgumentException where one does not
     */
    StridedTensor {
        if (shape.size() > MAX_DIMENSIONS || strides.size() != shape.size()) {
            throw new IllegalArgumentException("expected up to " + MAX_DIMENSIONS
                    + " sizes and as many strides, found " + shape.size() + " and " + strides.size());
        }
        shape = List.copyOf(shape);
        strides = List.copyOf(strides);
        int available = storage.remaining() / type.bytes();
        long count = count(shape);
        if (offset < 0 || count > Math.max(available, MAX_REPEATED) || count > 0 && last(offset, shape, strides) >= available) {
            throw new IllegalArgumentException("expected elements inside a storage of " + available + ", found shape "
                    + shape + " with strides " + strides + " from " + offset);
        }
    }

    /** An array whose elements lie row by row, or column by column, and are all there is. */
    static StridedTensor dense(Safetensors.Type type, ByteBuffer storage, List<Integer> shape, boolean rowMajor) {
        return new StridedTensor(type, storage, 0, shape, denseStrides(shape, rowMajor));
    }

    private static List<Integer> denseStrides(List<Integer> shape, boolean rowMajor) {
        List<Integer> strides = new ArrayList<>();
        long stride = 1;
        for (int size : rowMajor ? shape.reversed() : shape) {
            strides.add((int) Math.min(stride, Integer.MAX_VALUE));
            stride = Math.min(stride * size, Integer.MAX_VALUE);
        }
        return rowMajor ? strides.reversed() : strides;
    }

    /** Elements of a shape; more than {@link Integer#MAX_VALUE}, or a negative size, stand for any such. */
    private static long count(List<Integer> shape) {
        long count = 1;
        for (int size : shape) {
            if (size < 0) {
                return Long.MAX_VALUE;
            }
            count = Math.min(count * size, 1L + Integer.MAX_VALUE);
        }
        return count;
    }

    /** The number of the last element, or one beyond any storage. */
    private static long last(int offset, List<Integer> shape, List<Integer> strides) {
        long last = offset;
        for (int i = 0; i < shape.size(); i++) {
            int stride = strides.get(i);
            if (stride < 0 || last > Integer.MAX_VALUE) {
                return Long.MAX_VALUE;
            }
            last += (shape.get(i) - 1L) * stride;
        }
        return last;
    }

    /** How many elements there are. */
    int size() {
        return (int) count(shape);
    }

    /** All elements as fp32, row-major, rounded to nearest where the type is wider. */
    float[] floats() {
        int size = size();
        if (size == 0) {
            return new float[0];
        }
        int span = (int) last(0, shape, strides) + 1;
        ByteBuffer bytes = storage.slice(storage.position() + offset * type.bytes(), span * type.bytes());
        float[] elements = type.floats(bytes.order(storage.order()));
        return size == span && isRowMajor() ? elements : gather(elements, size);
    }

    /** Whether steps are those of rows without gaps; where there is but one element, its step does not matter. */
    private boolean isRowMajor() {
        List<Integer> dense = denseStrides(shape, true);
        for (int i = 0; i < shape.size(); i++) {
            if (shape.get(i) > 1 && !strides.get(i).equals(dense.get(i))) {
                return false;
            }
        }
        return true;
    }

    private float[] gather(float[] elements, int size) {
        float[] gathered = new float[size];
        int[] index = new int[shape.size()];
        int place = 0;
        for (int i = 0; i < size; i++) {
            gathered[i] = elements[place];
            for (int axis = index.length - 1; axis >= 0; axis--) {
                place += strides.get(axis);
                if (++index[axis] < shape.get(axis)) {
                    break;
                }
                place -= index[axis] * strides.get(axis);
                index[axis] = 0;
            }
        }
        return gathered;
    }
}
