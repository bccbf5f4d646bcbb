package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    /** Writes down when it runs, and takes its time. */
    private record Spinner(String name, long micros, List<String> turns) implements Peer {

        @Override
        public boolean compiledByJvm() {
            return true;
        }

        @Override
        public void load(float[] images) {
            throw new AssertionError("a comparison leaves the input alone");
        }

        @Override
        public void run() {
            if (turns.isEmpty() || !turns.getLast().equals(name)) {
                turns.add(name);
            }
            long end = System.nanoTime() + micros * 1000;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        }

        @Override
        public float[] logits() {
            throw new AssertionError("a comparison leaves the output alone");
        }

        @Override
        public void close() {
            throw new AssertionError("a comparison closes nobody");
        }
    }

    @Test
    void peersRunInTurnForwardsAndBackwards() {
        List<String> turns = new ArrayList<>();
        List<Peer> peers =
                List.of(new Spinner("a", 500, turns), new Spinner("b", 5000, turns), new Spinner("c", 500, turns));
        List<Comparison.Result> results = new Comparison(0.01, 0.25).run(peers);
        // Warm-up, then four rounds of 80 ms; where two rounds meet, the same peer goes on.
        assertEquals("a b c a b c b a b c b a", String.join(" ", turns));
        assertEquals(List.of("a", "b", "c"), results.stream().map(Comparison.Result::name).toList());
        for (Comparison.Result result : results) {
            assertEquals(4, result.ratios().getN());
            assertTrue(result.millis().getMin() >= (result.name().equals("b") ? 5 : 0.5), result::name);
        }
        assertEquals(1, results.get(0).ratios().getMin());
        assertEquals(1, results.get(0).ratios().getMax());
        assertTrue(results.get(1).ratios().getPercentile(50) > results.get(2).ratios().getPercentile(50));
        assertTrue(results.get(1).median() >= 5, () -> "median " + results.get(1).median());
    }

    @Test
    void timesMustMakeSense() {
        assertThrows(IllegalArgumentException.class, () -> new Comparison(-1, 1));
        assertThrows(IllegalArgumentException.class, () -> new Comparison(1, 0));
        assertThrows(IllegalArgumentException.class, () -> new Comparison(1, Double.NaN));
    }
}
