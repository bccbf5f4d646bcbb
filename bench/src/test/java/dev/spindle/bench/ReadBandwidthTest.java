package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadBandwidthTest {

    @Test
    void everyElementIsReadInEveryPass() {
        int[] data = new int[3 + 1024 + 5];
        Arrays.setAll(data, i -> i * i);
        int once = Arrays.stream(data, 3, 3 + 1024).sum();
        assertEquals(7 * once, ReadBandwidth.sum(data, 3, 1024, 7));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 16 << 10, 3_000_000})
    void aRateIsMeasured(long bytes) {
        double rate = ReadBandwidth.gigabytesPerSecond(bytes, 0.02);
        assertTrue(rate > 0 && Double.isFinite(rate), () -> rate + " GB/s");
    }

    @Test
    void workingSetsLieWithinTheirLevelAndBeyondTheOneBefore() {
        List<Machine.Cache> caches = List.of(
                new Machine.Cache(1, 32 << 10), new Machine.Cache(2, 512 << 10), new Machine.Cache(3, 8 << 20));
        List<Roofs.Bandwidth> sets = Roofs.workingSets(caches);
        assertEquals(List.of("L1", "L2", "L3", "DRAM"), sets.stream().map(Roofs.Bandwidth::level).toList());
        for (int i = 0; i < caches.size(); i++) {
            assertTrue(sets.get(i).bytes() <= caches.get(i).bytes() / 2, sets.get(i)::toString);
            assertTrue(i == 0 || sets.get(i).bytes() >= 2 * caches.get(i - 1).bytes(), sets.get(i)::toString);
        }
        assertEquals(32 << 20, sets.getLast().bytes());
    }

    @Test
    void whereCachesAreUnknownOnlyMemoryIsRead() {
        assertEquals(List.of("DRAM"), Roofs.workingSets(List.of()).stream().map(Roofs.Bandwidth::level).toList());
    }

    @Test
    void theHigherOfTwoRoofsCounts() {
        Roofs a = new Roofs(100, 256, Map.of("a", 5.0, "b", 6.0), List.of(
                new Roofs.Bandwidth("L1", 1, 200), new Roofs.Bandwidth("DRAM", 2, 10)));
        Roofs b = new Roofs(90, 256, Map.of("a", 7.0, "b", 4.0), List.of(
                new Roofs.Bandwidth("L1", 1, 180), new Roofs.Bandwidth("DRAM", 2, 12)));
        assertEquals(
                new Roofs(100, 256, Map.of("a", 7.0, "b", 6.0), List.of(
                        new Roofs.Bandwidth("L1", 1, 200), new Roofs.Bandwidth("DRAM", 2, 12))),
                a.highest(b));
    }
}
