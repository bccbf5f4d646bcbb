package dev.spindle.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Steps in fp32 against those in integers, over all sums of a channel. */
class QuantisedGlobalAverageTest {

    private static final int BLOCK = 4;

    private static QuantisedGlobalAverage average(int pixels, int zero, Optional<Multiplier> mean, int pivot) {
        return new QuantisedGlobalAverage(
                        new GlobalAverage("pool", 1, pixels, 0, 0), new Quantisation(0.02f, zero), mean, pivot,
                        new Quantisation(0.02f, zero), Optional.empty())
                .inFloat(BLOCK);
    }

    /** How many of the zero points have steps in fp32, all of them right. */
    private static int exact(int pixels, Optional<Multiplier> mean, int pivot) {
        int exact = 0;
        for (int zero : new int[] {0, 3, 128, 255}) {
            QuantisedGlobalAverage average = average(pixels, zero, mean, pivot);
            if (average.inFloat().isPresent()) {
                for (int sum = -pixels * zero; sum <= pixels * (Quantisation.MAX - zero); sum++) {
                    assertEquals(average.apply(sum) - zero, average.inFloat().get().apply(0, sum), average + " of " + sum);
                }
                exact++;
            }
        }
        return exact;
    }

    @Test
    void scalesInFloat() {
        for (int pixels : new int[] {1, 2, 9, 49, 100}) {
            assertEquals(4, exact(pixels, Optional.of(Multiplier.of(0.913 / pixels)), 128));
        }
    }

    @Test
    void dividesInFloat() {
        for (int pixels : new int[] {1, 2, 9, 49, 100}) {
            int exact = exact(pixels, Optional.empty(), 0);
            assertTrue(exact == 4 || exact > 0 && pixels % 2 == 0, exact + " of 4 for " + pixels + " pixels");
        }
    }

    @Test
    void keepsToIntegersWhereFloatsDoNotHoldTheSums() {
        assertEquals(0, exact(1 << 17, Optional.of(Multiplier.of(0x1p-17)), 128));
    }
}
