package dev.spindle.quantise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HistogramTest {

    private static Histogram of(float... values) {
        Histogram histogram = new Histogram();
        for (float value : values) {
            histogram.add(value);
        }
        return histogram;
    }

    @Test
    void minAndMaxAreExactAndIncludeZero() {
        assertEquals(new Histogram.Range(-3.3f, 7.7f), of(1, -3.3f, 7.7f, 0).range(RangeChoice.MIN_MAX, 100));
        assertEquals(new Histogram.Range(0, 7.7f), of(7.7f, 1e-20f).range(RangeChoice.MIN_MAX, 100));
        assertEquals(new Histogram.Range(-1e30f, 0), of(-1e30f).range(RangeChoice.MIN_MAX, 100));
        assertEquals(new Histogram.Range(0, 0), of(0, 0).range(RangeChoice.MIN_ERROR, 100));
    }

    @Test
    void percentilesLeaveAShareOutAtEitherEnd() {
        Histogram histogram = new Histogram();
        for (int i = -1000; i < 1000; i++) {
            histogram.add(i / 1000f);
        }
        Histogram.Range range = histogram.range(RangeChoice.PERCENTILE, 99);
        assertEquals(-0.98, range.low(), 0.002);
        assertEquals(0.98, range.high(), 0.002);
        assertEquals(new Histogram.Range(-1, 0.999f), histogram.range(RangeChoice.PERCENTILE, 100));
    }

    @Test
    void aPercentileOfZerosIsZero() {
        Histogram histogram = of(1, 2);
        for (int i = 0; i < 1000; i++) {
            histogram.add(0);
        }
        assertEquals(new Histogram.Range(0, 0), histogram.range(RangeChoice.PERCENTILE, 99));
    }

    @Test
    void theLeastErrorClipsWhatIsRare() {
        Random random = new Random(1);
        Histogram histogram = new Histogram();
        for (int i = 0; i < 400_000; i++) {
            histogram.add((float) random.nextGaussian());
        }
        histogram.add(15);
        Histogram.Range range = histogram.range(RangeChoice.MIN_ERROR, 100);
        assertTrue(range.high() > 4 && range.high() < 14, range.toString());
        assertTrue(range.low() < -3, range.toString());
    }

    @Test
    void theLeastErrorOfEvenValuesIsThatOfAllOfThem() {
        Histogram histogram = new Histogram();
        for (int i = 1; i <= 10_000; i++) {
            histogram.add(i / 10_000f);
        }
        assertEquals(1, histogram.range(RangeChoice.MIN_ERROR, 100).high(), 0.01);
    }

    @Test
    void refusesWhatIsNotFinite() {
        assertThrows(IllegalArgumentException.class, () -> of(Float.NaN));
        assertThrows(IllegalArgumentException.class, () -> of(Float.NEGATIVE_INFINITY));
    }
}
