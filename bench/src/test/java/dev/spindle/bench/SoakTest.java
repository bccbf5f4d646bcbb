package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SoakTest {

    @Test
    void readsSpeedAndMemoryOfEachInterval() {
        List<Soak.Interval> intervals = new ArrayList<>();
        try (Peer peer = Workload.mobileNetV2(0.35, 32, 1, 2).open("scalar")) {
            Soak.run(peer, 3, 0.05, intervals::add);
        }
        assertEquals(3, intervals.size());
        for (Soak.Interval interval : intervals) {
            assertTrue(interval.calls() >= 1 && interval.median() > 0 && interval.heap() > 0, interval.toString());
        }
    }

    @Test
    void noticesOtherLogits() {
        Peer drifting = new Peer() {
            private float value;

            @Override
            public String name() {
                return "drifting";
            }

            @Override
            public boolean compiledByJvm() {
                return true;
            }

            @Override
            public void load(float[] images) {}

            @Override
            public void run() {
                value++;
            }

            @Override
            public float[] logits() {
                return new float[] {value};
            }

            @Override
            public void close() {}
        };
        assertThrows(IllegalStateException.class, () -> Soak.run(drifting, 1, 0.01, interval -> {}));
    }
}
