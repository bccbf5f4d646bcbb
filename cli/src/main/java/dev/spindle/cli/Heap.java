package dev.spindle.cli;

import dev.spindle.InvalidInputException;

/** Asks for memory before it is taken, where a file decides how much. */
final class Heap {

    /** What users can do. */
    static final String ADVICE = "SPINDLE_JAVA_OPTS=-Xmx<size> raises the limit";

    private static final long MEGABYTE = 1 << 20;

    /** What one safetensors array may hold. */
    private static final int MOST_FLOATS = Integer.MAX_VALUE / Float.BYTES;

    private Heap() {}

    /**
     * Makes sure that there is room.
     *
     * @param what needs it; starts the message
     * @param bytes how much
     * @throws InvalidInputException where the JVM's limit does not allow it
     */
    static void require(String what, long bytes) {
        if (bytes > free()) {
            // Garbage counts as taken until it is collected.
            System.gc();
        }
        if (bytes > free()) {
            throw new InvalidInputException(Text.format(
                    "%s: expected to need at most %,d MB of memory, found %,d MB; %s",
                    what, free() / MEGABYTE, bytes / MEGABYTE, ADVICE));
        }
    }

    /**
     * Allocates an array where there is room.
     *
     * @param what needs it; starts the message
     * @param count how many floats
     * @throws InvalidInputException where the JVM's limit does not allow it, or there are more than 2 GiB of them
     */
    static float[] floats(String what, long count) {
        require(what, Float.BYTES * count);
        if (count > MOST_FLOATS) {
            throw new InvalidInputException(
                    Text.format("%s: expected at most %,d values, found %,d", what, MOST_FLOATS, count));
        }
        return new float[(int) count];
    }

    private static long free() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    }
}
