package dev.spindle.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One block of floats, zero at first, on the Java heap or off it. Indices count floats. Kernels get at the floats
 * through {@link #array()} or {@link #address()}; everybody else copies in and out.
 */
public final class Memory implements AutoCloseable {

    /** Where a block lives. */
    public enum Kind {
        /** A {@code float[]}. */
        HEAP,
        /** Native memory, aligned to 64 bytes. */
        OFF_HEAP
    }

    /** Floats in a cache line: what offsets are rounded to. */
    public static final int LINE = 16;

    /**
     * The first index of heap memory that plans use. A large array's first element stands 16 bytes behind a region's
     * start, so that index 12 is the first on a cache line: vector loads that straddle two lines cost twice.
     */
    private static final int HEAP_ORIGIN = 12;

    private final float[] array;
    private final Arena arena;
    private final MemorySegment segment;
    private final int length;

    private Memory(float[] array, Arena arena, MemorySegment segment, int length) {
        this.array = array;
        this.arena = arena;
        this.segment = segment;
        this.length = length;
    }

    /**
     * Reserves memory.
     *
     * @param kind where
     * @param length usable floats behind the origin
     * @return a block of {@code origin(kind) + length} floats
     */
    public static Memory allocate(Kind kind, int length) {
        int total = Math.addExact(origin(kind), length);
        if (kind == Kind.HEAP) {
            return new Memory(new float[total], null, null, total);
        }
        Arena arena = Arena.ofShared();
        return new Memory(null, arena, arena.allocate(4L * Math.max(total, 1), 4L * LINE), total);
    }

    /** The first index to use in memory of this kind; those below it only align. */
    public static int origin(Kind kind) {
        return kind == Kind.HEAP ? HEAP_ORIGIN : 0;
    }

    /** A count of floats rounded up to whole cache lines. */
    public static long roundUp(long floats) {
        return (floats + LINE - 1) / LINE * LINE;
    }

    /** How many floats there are, those below the origin included. */
    public int length() {
        return length;
    }

    /** The floats of heap memory; null off heap. */
    public float[] array() {
        return array;
    }

    /** The address of off-heap memory; throws {@link IllegalStateException} once closed. */
    public long address() {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException("memory is closed");
        }
        return segment.address();
    }

    /** Copies {@code count} floats in. */
    public void write(int offset, float[] source, int from, int count) {
        if (array != null) {
            System.arraycopy(source, from, array, offset, count);
        } else {
            MemorySegment.copy(source, from, segment, ValueLayout.JAVA_FLOAT, 4L * offset, count);
        }
    }

    /** Copies {@code count} floats out. */
    public void read(int offset, float[] target, int to, int count) {
        if (array != null) {
            System.arraycopy(array, offset, target, to, count);
        } else {
            MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT, 4L * offset, target, to, count);
        }
    }

    /** Frees off-heap memory; idempotent. The caller sees to it that no kernel uses it. */
    @Override
    public void close() {
        if (arena != null && arena.scope().isAlive()) {
            arena.close();
        }
    }
}
