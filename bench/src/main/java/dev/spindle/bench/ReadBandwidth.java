package dev.spindle.bench;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The most bytes that one core reads in a second from a working set of a given size: sums of an array, read again and
 * again in order at the widest vectors of this JVM. Integers add in one cycle, so that loads and nothing else bound it.
 */
final class ReadBandwidth {

    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;

    private static final int LANES = I.length();

    /** Loads in flight; a pass reads whole groups of so many vectors. */
    private static final int UNROLL = 8;

    /** A timed stretch reads at least so much: the timer's 30 ns are then nothing. */
    private static final long STRETCH_BYTES = 1 << 20;

    /**
     * Arrays start at any multiple of 8 bytes, and a load across two cache lines is two loads: each start of a line is
     * tried in turn, and the fastest is the aligned one.
     */
    private static final int LINE_INTS = 64 / Integer.BYTES;

    private static final int ALIGNMENT_INTS = 8 / Integer.BYTES;

    private ReadBandwidth() {}

    /**
     * Measures.
     *
     * @param bytes the working set, rounded to whole groups of vectors
     * @param seconds how long; the code needs a second to be compiled
     * @return GB/s, 10⁹ bytes a second, of the fastest of many stretches: others only ever take time away
     */
    static double gigabytesPerSecond(long bytes, double seconds) {
        int group = UNROLL * LANES;
        int length = Math.max(group, Math.toIntExact(bytes / Integer.BYTES) / group * group);
        int[] data = new int[length + LINE_INTS];
        Arrays.fill(data, 1);
        int passes = (int) Math.max(1, STRETCH_BYTES / ((long) length * Integer.BYTES));
        double read = (double) passes * length * Integer.BYTES;
        double best = 0;
        int from = 0;
        long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
        do {
            long start = System.nanoTime();
            int sum = sum(data, from, length, passes);
            best = Math.max(best, read / (System.nanoTime() - start));
            if (sum != passes * length) {
                throw new IllegalStateException("ones add up to " + sum + ", expected " + passes * length);
            }
            from = (from + ALIGNMENT_INTS) % LINE_INTS;
        } while (System.nanoTime() < end);
        return best;
    }

    /** The sum of {@code passes} times {@code length} elements behind {@code from}, modulo 2³². */
    static int sum(int[] data, int from, int length, int passes) {
        IntVector s0 = IntVector.zero(I);
        IntVector s1 = s0;
        IntVector s2 = s0;
        IntVector s3 = s0;
        IntVector s4 = s0;
        IntVector s5 = s0;
        IntVector s6 = s0;
        IntVector s7 = s0;
        for (int pass = 0; pass < passes; pass++) {
            for (int i = from; i < from + length; i += UNROLL * LANES) {
                s0 = s0.add(IntVector.fromArray(I, data, i));
                s1 = s1.add(IntVector.fromArray(I, data, i + LANES));
                s2 = s2.add(IntVector.fromArray(I, data, i + 2 * LANES));
                s3 = s3.add(IntVector.fromArray(I, data, i + 3 * LANES));
                s4 = s4.add(IntVector.fromArray(I, data, i + 4 * LANES));
                s5 = s5.add(IntVector.fromArray(I, data, i + 5 * LANES));
                s6 = s6.add(IntVector.fromArray(I, data, i + 6 * LANES));
                s7 = s7.add(IntVector.fromArray(I, data, i + 7 * LANES));
            }
        }
        return s0.add(s1).add(s2.add(s3)).add(s4.add(s5).add(s6.add(s7))).reduceLanes(VectorOperators.ADD);
    }
}
