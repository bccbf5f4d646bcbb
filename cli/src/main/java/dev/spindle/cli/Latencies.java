package dev.spindle.cli;

import java.util.Arrays;

/** Durations of calls, and what they come to. */
final class Latencies {

    private static final double NANOS_A_MILLISECOND = 1e6;

    private long[] nanos = new long[1 << 12];
    private int count;

    void add(long duration) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count] = duration;
        count++;
    }

    int count() {
        return count;
    }

    /** Drops what was added, keeps the room. */
    void clear() {
        count = 0;
    }

    /** The shortest, in milliseconds. */
    double min() {
        return percentile(0);
    }

    /** The lower median, in milliseconds. */
    double median() {
        return percentile(50);
    }

    /**
     * The shortest duration that is not exceeded by this share of calls (nearest rank).
     *
     * @param percent 0 to 100
     * @return milliseconds
     */
    double percentile(double percent) {
        if (count == 0) {
            throw new IllegalStateException("no durations");
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        int rank = (int) Math.ceil(percent / 100 * count);
        return sorted[Math.max(rank, 1) - 1] / NANOS_A_MILLISECOND;
    }
}
