package dev.spindle.plan;

import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import java.util.ArrayList;
import java.util.List;

/**
 * Hands out places in a session's memory. Buffers that are not alive at the same time share elements: a buffer goes to the
 * lowest gap that it fits.
 */
final class Arena {

    private record Buffer(int offset, int end) {}

    private final List<Buffer> alive = new ArrayList<>();
    private final Memory.Element element;
    private final int origin;
    private int peak;
    private int markedPeak;

    Arena(Layout layout) {
        element = layout.maps();
        origin = layout.origin();
        peak = origin;
        markedPeak = origin;
    }

    /** Elements behind the origin that are in use at the worst moment. */
    int length() {
        return peak - origin;
    }

    /** Starts {@link #lengthSinceMark} anew, with the buffers that are alive now. */
    void mark() {
        markedPeak = alive.isEmpty() ? origin : alive.getLast().end;
    }

    /** Elements behind the origin that are in use at the worst moment since the mark. */
    int lengthSinceMark() {
        return markedPeak - origin;
    }

    /** The offset of {@code count} new elements. */
    int take(long count) {
        long size = element.roundUp(count);
        long offset = origin;
        int at = 0;
        while (at < alive.size() && alive.get(at).offset < offset + size) {
            offset = alive.get(at).end;
            at++;
        }
        int end = Math.toIntExact(offset + size);
        alive.add(at, new Buffer((int) offset, end));
        peak = Math.max(peak, end);
        markedPeak = Math.max(markedPeak, end);
        return (int) offset;
    }

    /** Ends the life of the buffer at {@code offset}. */
    void release(int offset) {
        if (!alive.removeIf(buffer -> buffer.offset == offset)) {
            throw new IllegalStateException("no buffer at " + offset);
        }
    }
}
