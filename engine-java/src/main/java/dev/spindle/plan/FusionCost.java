package dev.spindle.plan;

/**
 * Whether a block is faster fused or layer by layer: a model of the bytes that the two ways move, by the cache that they
 * come from. Arithmetic is the same for both and left out.
 *
 * <p>Layer by layer, the hidden map and the depthwise result are written and read once, at the speed of the cache that
 * holds them. Fused, they stay near; instead each group of hidden channels after the first reads the input again and
 * reads and writes the sums in the output.
 */
final class FusionCost {

    /** Bytes of a core's second cache that a map may fill before it spills into the third. */
    private static final long NEAR_BYTES = 1 << 20;

    /** Nanoseconds a byte: what one core of a server moves to and from its second and its third cache. */
    private static final double NEAR_READ = 1 / 130.0;

    private static final double NEAR_WRITE = 1 / 47.0;
    private static final double FAR_READ = 1 / 31.0;
    private static final double FAR_WRITE = 1 / 25.0;

    private FusionCost() {}

    /**
     * Compares the two ways.
     *
     * @param inputBytes the block's input; 0 where it is computed from a picture row by row
     * @param hiddenBytes the map that the depthwise convolution reads; 0 where that is the block's input
     * @param filteredBytes the map that it writes
     * @param outputBytes the block's output
     * @param groups of hidden channels
     * @return whether the block is faster fused
     */
    static boolean fuses(long inputBytes, long hiddenBytes, long filteredBytes, long outputBytes, int groups) {
        double apart = write(hiddenBytes) + read(hiddenBytes) + write(filteredBytes) + read(filteredBytes);
        double fused = hiddenBytes * (NEAR_WRITE + NEAR_READ) + filteredBytes * (NEAR_WRITE + NEAR_READ)
                + (groups - 1) * (read(inputBytes) + read(outputBytes) + write(outputBytes));
        return fused < apart;
    }

    private static double read(long bytes) {
        return bytes * (bytes > NEAR_BYTES ? FAR_READ : NEAR_READ);
    }

    private static double write(long bytes) {
        return bytes * (bytes > NEAR_BYTES ? FAR_WRITE : NEAR_WRITE);
    }
}
