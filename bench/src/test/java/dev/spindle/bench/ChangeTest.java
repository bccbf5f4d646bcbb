package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChangeTest {

    @ParameterizedTest
    @CsvSource({
        "100, 90, 110,  120, 111, 129, SLOWER",
        "100, 90, 110,  120, 109, 131, NOISE",
        "100, 90, 110,  80, 71, 89, FASTER",
        "100, 90, 110,  80, 69, 91, NOISE",
        "100, 90, 110,  100, 99, 101, NOISE",
        "100, 0, 210,  80, 79, 81, NOISE"
    })
    void onlyIntervalsThatLieApartAreChanges(
            double before, double beforeLow, double beforeHigh, double now, double nowLow, double nowHigh,
            Change.Verdict verdict) {
        Change change = Change.of(
                "stem", "scalar", "µs", new Score(before, beforeLow, beforeHigh, 10), new Score(now, nowLow, nowHigh, 10));
        assertEquals(verdict, change.verdict());
        assertEquals(now / before, change.ratio());
        assertEquals(nowLow / beforeHigh, change.low());
        assertEquals(nowHigh / beforeLow, change.high());
    }

    @Test
    void theIntervalIsStudents() {
        Score score = Score.of(List.of(9.0, 10.0, 11.0, 10.0));
        // The quantile of Student's t at 0.9995 for 3 degrees of freedom, times the standard error.
        double error = 12.924 * Math.sqrt(2.0 / 3) / 2;
        assertEquals(10, score.mean());
        assertEquals(10 - error, score.low(), 0.001);
        assertEquals(10 + error, score.high(), 0.001);
        assertEquals(4, score.count());
        assertThrows(IllegalArgumentException.class, () -> Score.of(List.of(1.0, 2.0)));
    }

    @Test
    void whatBothResultsHaveIsCompared() {
        SuiteResult before = TestResults.make(1);
        SuiteResult now = TestResults.make(2);
        int layers = now.layers().stream().mapToInt(layer -> layer.micros().size()).sum();
        int networks = now.networks().stream().mapToInt(network -> network.peers().size()).sum();
        List<Change> changes = Change.between(before, now);
        assertEquals(layers + networks, changes.size());
        assertTrue(changes.stream().anyMatch(change -> change.verdict() == Change.Verdict.FASTER));
        assertTrue(Change.between(now, now).stream().allMatch(change -> change.verdict() == Change.Verdict.NOISE));
    }
}
