package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FmaPeakTest {

    @Test
    void theChainsComputeWhatIsCounted() {
        int steps = 100;
        double sum = 0;
        for (int chain = 0; chain < FmaPeak.CHAINS; chain++) {
            float s = chain;
            for (int i = 0; i < steps; i++) {
                s = Math.fma(FmaPeak.FACTOR, 1f, s);
            }
            sum += s;
        }
        double expected = sum * FmaPeak.bits() / Float.SIZE;
        assertEquals(expected, FmaPeak.chains(steps), expected * 1e-6);
    }

    @Test
    void aRateIsMeasured() {
        double gflops = FmaPeak.gflops(0.05);
        assertTrue(gflops > 0 && Double.isFinite(gflops), () -> gflops + " GFLOP/s");
    }
}
