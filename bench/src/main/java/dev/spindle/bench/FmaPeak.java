package dev.spindle.bench;

import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The most floating-point operations that one core does in a second: fused multiply-adds on registers, in enough
 * independent chains to hide their latency, at the widest vectors of this JVM.
 */
final class FmaPeak {

    /** Twelve chains and two factors fit the 16 registers of AVX2; two units of latency 5 need ten. */
    static final int CHAINS = 12;

    static final float FACTOR = 0.5f;

    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;

    private static final int STEPS = 20_000;

    private FmaPeak() {}

    /** Bits of the vectors. */
    static int bits() {
        return F.vectorBitSize();
    }

    /**
     * Measures.
     *
     * @param seconds how long; the code needs a second to be compiled
     * @return GFLOP/s of the fastest of many short stretches: others only ever take time away
     */
    static double gflops(double seconds) {
        double flops = 2.0 * STEPS * CHAINS * F.length();
        double best = 0;
        float check = chains(STEPS);
        long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
        while (System.nanoTime() < end) {
            long start = System.nanoTime();
            float sum = chains(STEPS);
            best = Math.max(best, flops / (System.nanoTime() - start));
            if (sum != check) {
                throw new IllegalStateException("multiply-adds gave " + sum + " after " + check);
            }
        }
        return best;
    }

    /**
     * Chain i starts at i and goes {@code s = FACTOR * 1 + s}; returns the sum of all chains' lanes. The sum is what the
     * instruction overwrites: chained through a factor, each step would cost a copy as well.
     */
    static float chains(int steps) {
        FloatVector factor = FloatVector.broadcast(F, FACTOR);
        FloatVector one = FloatVector.broadcast(F, 1);
        FloatVector s0 = FloatVector.broadcast(F, 0);
        FloatVector s1 = FloatVector.broadcast(F, 1);
        FloatVector s2 = FloatVector.broadcast(F, 2);
        FloatVector s3 = FloatVector.broadcast(F, 3);
        FloatVector s4 = FloatVector.broadcast(F, 4);
        FloatVector s5 = FloatVector.broadcast(F, 5);
        FloatVector s6 = FloatVector.broadcast(F, 6);
        FloatVector s7 = FloatVector.broadcast(F, 7);
        FloatVector s8 = FloatVector.broadcast(F, 8);
        FloatVector s9 = FloatVector.broadcast(F, 9);
        FloatVector s10 = FloatVector.broadcast(F, 10);
        FloatVector s11 = FloatVector.broadcast(F, 11);
        for (int i = 0; i < steps; i++) {
            s0 = factor.fma(one, s0);
            s1 = factor.fma(one, s1);
            s2 = factor.fma(one, s2);
            s3 = factor.fma(one, s3);
            s4 = factor.fma(one, s4);
            s5 = factor.fma(one, s5);
            s6 = factor.fma(one, s6);
            s7 = factor.fma(one, s7);
            s8 = factor.fma(one, s8);
            s9 = factor.fma(one, s9);
            s10 = factor.fma(one, s10);
            s11 = factor.fma(one, s11);
        }
        return s0.add(s1).add(s2.add(s3)).add(s4.add(s5)).add(s6.add(s7)).add(s8.add(s9)).add(s10.add(s11))
                .reduceLanes(VectorOperators.ADD);
    }
}
