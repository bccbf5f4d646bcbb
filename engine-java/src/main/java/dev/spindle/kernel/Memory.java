package dev.spindle.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One block of numbers, zero at first, on the Java heap or off it. Indices count its elements. Kernels get at them
 * through {@link #array()}, {@link #ints()}, {@link #bytes()} or {@link #address()}; everybody else copies in and out.
 */
public final class Memory implements AutoCloseable {

    /** Where a block lives. */
    public enum Kind {
        /** An array. */
        HEAP,
        /** Native memory, aligned to 64 bytes. */
        OFF_HEAP
    }

    /** What indices count. */
    public enum Element {
        /** 32-bit floating point. */
        FLOAT(Float.BYTES),
        /** 32-bit integers. */
        INT(Integer.BYTES),
        /** Bytes, signed or not as their users agree; off heap also whatever else is written among them. */
        BYTE(1);

        private final int bytes;

        Element(int bytes) {
            this.bytes = bytes;
        }

        /** Bytes of one element. */
        public int bytes() {
            return bytes;
        }

        /** Elements in a cache line: what offsets are rounded to. */
        public int line() {
            return LINE_BYTES / bytes;
        }

        /** A count of elements rounded up to whole cache lines. */
        public long roundUp(long count) {
            return (count + line() - 1) / line() * line();
        }
    }

    private static final int LINE_BYTES = 64;

    /** Floats in a cache line: what offsets of floats are rounded to. */
    public static final int LINE = LINE_BYTES / Float.BYTES;

    /**
     * Where the part of heap memory begins that plans use. A large array's first element stands 16 bytes behind a region's
     * start, so that this is the first place on a cache line: vector loads that straddle two lines cost twice.
     */
    private static final int HEAP_ORIGIN_BYTES = 48;

    private final Element element;
    private final float[] floats;
    private final int[] ints;
    private final byte[] bytes;
    private final Arena arena;
    private final MemorySegment segment;
    private final int length;

    /** On the heap. */
    private Memory(Element element, int length) {
        this.element = element;
        this.floats = element == Element.FLOAT ? new float[length] : null;
        this.ints = element == Element.INT ? new int[length] : null;
        this.bytes = element == Element.BYTE ? new byte[length] : null;
        this.arena = null;
        this.segment = null;
        this.length = length;
    }

    /** Off the heap. */
    private Memory(Element element, int length, Arena arena) {
        this.element = element;
        this.floats = null;
        this.ints = null;
        this.bytes = null;
        this.arena = arena;
        this.segment = arena.allocate((long) element.bytes * Math.max(length, 1), 4L * LINE_BYTES);
        this.length = length;
    }

    /**
     * Reserves memory for floats.
     *
     * @param kind where
     * @param length usable floats behind the origin
     * @return a block of {@code origin(kind) + length} floats
     */
    public static Memory allocate(Kind kind, int length) {
        return allocate(kind, Element.FLOAT, length);
    }

    /**
     * Reserves memory.
     *
     * @param kind where
     * @param element what indices count
     * @param length usable elements behind the origin
     * @return a block of {@code origin(kind, element) + length} elements
     */
    public static Memory allocate(Kind kind, Element element, int length) {
        int total = Math.addExact(origin(kind, element), length);
        return kind == Kind.HEAP ? new Memory(element, total) : new Memory(element, total, Arena.ofShared());
    }

    /** The first index to use in memory of floats of this kind; those below it only align. */
    public static int origin(Kind kind) {
        return origin(kind, Element.FLOAT);
    }

    /** The first index to use in memory of this kind; those below it only align. */
    public static int origin(Kind kind, Element element) {
        return kind == Kind.HEAP ? HEAP_ORIGIN_BYTES / element.bytes : 0;
    }

    /** A count of floats rounded up to whole cache lines. */
    public static long roundUp(long floats) {
        return Element.FLOAT.roundUp(floats);
    }

    /** What indices count. */
    public Element element() {
        return element;
    }

    /** How many elements there are, those below the origin included. */
    public int length() {
        return length;
    }

    /** The floats of heap memory of floats; null for any other. */
    public float[] array() {
        return floats;
    }

    /** The integers of heap memory of integers; null for any other. */
    public int[] ints() {
        return ints;
    }

    /** The bytes of heap memory of bytes; null for any other. */
    public byte[] bytes() {
        return bytes;
    }

    /** The address of off-heap memory; throws {@link IllegalStateException} once closed. */
    public long address() {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException("memory is closed");
        }
        return segment.address();
    }

    /** Copies {@code count} floats in; heap memory has to be of floats. */
    public void write(int offset, float[] source, int from, int count) {
        if (segment == null) {
            System.arraycopy(source, from, floats, offset, count);
        } else {
            MemorySegment.copy(source, from, segment, ValueLayout.JAVA_FLOAT_UNALIGNED, at(offset), count);
        }
    }

    /** Copies {@code count} integers in, of 32 bits each; heap memory has to be of integers. */
    public void write(int offset, int[] source, int from, int count) {
        if (segment == null) {
            System.arraycopy(source, from, ints, offset, count);
        } else {
            MemorySegment.copy(source, from, segment, ValueLayout.JAVA_INT_UNALIGNED, at(offset), count);
        }
    }

    /** Copies {@code count} bytes in; heap memory has to be of bytes. */
    public void write(int offset, byte[] source, int from, int count) {
        if (segment == null) {
            System.arraycopy(source, from, bytes, offset, count);
        } else {
            MemorySegment.copy(source, from, segment, ValueLayout.JAVA_BYTE, at(offset), count);
        }
    }

    /** Copies {@code count} floats out; heap memory has to be of floats. */
    public void read(int offset, float[] target, int to, int count) {
        if (segment == null) {
            System.arraycopy(floats, offset, target, to, count);
        } else {
            MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT_UNALIGNED, at(offset), target, to, count);
        }
    }

    /** Copies {@code count} integers of 32 bits out; heap memory has to be of integers. */
    public void read(int offset, int[] target, int to, int count) {
        if (segment == null) {
            System.arraycopy(ints, offset, target, to, count);
        } else {
            MemorySegment.copy(segment, ValueLayout.JAVA_INT_UNALIGNED, at(offset), target, to, count);
        }
    }

    /** Copies {@code count} bytes out; heap memory has to be of bytes. */
    public void read(int offset, byte[] target, int to, int count) {
        if (segment == null) {
            System.arraycopy(bytes, offset, target, to, count);
        } else {
            MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, at(offset), target, to, count);
        }
    }

    /** Copies {@code count} elements out as integers, bytes as unsigned ones; floats have to be whole numbers. */
    public void readIntegers(int offset, int[] target, int to, int count) {
        for (int i = 0; i < count; i++) {
            target[to + i] = integer(offset + i);
        }
    }

    /** One element as an integer, see {@link #readIntegers}. */
    int integer(int index) {
        return switch (element) {
            case FLOAT ->
                    (int) (segment == null ? floats[index] : segment.getAtIndex(ValueLayout.JAVA_FLOAT, index));
            case INT -> segment == null ? ints[index] : segment.getAtIndex(ValueLayout.JAVA_INT, index);
            case BYTE -> Byte.toUnsignedInt(segment == null ? bytes[index] : segment.get(ValueLayout.JAVA_BYTE, index));
        };
    }

    /** Sets one element to an integer, 0 to 255 where elements are bytes. */
    void setInteger(int index, int value) {
        switch (element) {
            case FLOAT -> {
                if (segment == null) {
                    floats[index] = value;
                } else {
                    segment.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
                }
            }
            case INT -> {
                if (segment == null) {
                    ints[index] = value;
                } else {
                    segment.setAtIndex(ValueLayout.JAVA_INT, index, value);
                }
            }
            default -> {
                if (segment == null) {
                    bytes[index] = (byte) value;
                } else {
                    segment.set(ValueLayout.JAVA_BYTE, index, (byte) value);
                }
            }
        }
    }

    /**
     * Writes {@code count} elements {@code times} times one behind the other.
     *
     * @param from where they stand
     * @param to where they go; not where they stand
     */
    void repeat(int from, int count, int to, int times) {
        copyWithin(from, to, count);
        int total = Math.multiplyExact(count, times);
        for (int done = count; done < total; done *= 2) {
            copyWithin(to, to + done, Math.min(done, total - done));
        }
    }

    private void copyWithin(int from, int to, int count) {
        if (segment != null) {
            MemorySegment.copy(segment, at(from), segment, at(to), (long) element.bytes * count);
            return;
        }
        switch (element) {
            case FLOAT -> System.arraycopy(floats, from, floats, to, count);
            case INT -> System.arraycopy(ints, from, ints, to, count);
            default -> System.arraycopy(bytes, from, bytes, to, count);
        }
    }

    /** Copies {@code count} elements to the same place in another block of this kind and element. */
    public void copyTo(Memory target, int offset, int count) {
        if (segment != null) {
            MemorySegment.copy(segment, at(offset), target.segment, at(offset), (long) element.bytes * count);
            return;
        }
        switch (element) {
            case FLOAT -> target.write(offset, floats, offset, count);
            case INT -> target.write(offset, ints, offset, count);
            default -> target.write(offset, bytes, offset, count);
        }
    }

    private long at(int offset) {
        return (long) element.bytes * offset;
    }

    /** Frees off-heap memory; idempotent. The caller sees to it that no kernel uses it. */
    @Override
    public void close() {
        if (arena != null && arena.scope().isAlive()) {
            arena.close();
        }
    }
}
