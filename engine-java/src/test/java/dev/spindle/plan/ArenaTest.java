package dev.spindle.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ArenaTest {

    private static Layout floats(Memory.Kind kind) {
        return new Layout(1, kind, 1, 1, 0, 1, false);
    }

    private static Layout bytes(Memory.Kind kind) {
        return new Layout(1, kind, Memory.Element.BYTE, Memory.Element.BYTE, 1, 1, 0, 1, false);
    }

    @Test
    void reusesWhatIsReleased() {
        Arena arena = new Arena(floats(Memory.Kind.OFF_HEAP));
        int first = arena.take(100);
        int second = arena.take(10);
        assertEquals(0, first);
        assertEquals(112, second);
        arena.release(first);
        assertEquals(0, arena.take(60));
        assertEquals(64, arena.take(48));
        assertEquals(128, arena.take(16));
        assertEquals(144, arena.length());
    }

    @Test
    void heapMemoryStartsOnACacheLine() {
        assertEquals(12, new Arena(floats(Memory.Kind.HEAP)).take(1));
        assertEquals(48, new Arena(bytes(Memory.Kind.HEAP)).take(1));
    }

    @Test
    void bytesAreRoundedUpToCacheLinesToo() {
        Arena arena = new Arena(bytes(Memory.Kind.OFF_HEAP));
        arena.take(65);
        assertEquals(128, arena.take(1));
        assertEquals(192, arena.length());
    }

    @Test
    void buffersThatLiveTogetherNeverOverlap() {
        Random random = new Random(3);
        Arena arena = new Arena(floats(Memory.Kind.OFF_HEAP));
        List<int[]> alive = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            if (alive.size() > 5) {
                arena.release(alive.remove(random.nextInt(alive.size()))[0]);
            }
            int size = 1 + random.nextInt(200);
            int offset = arena.take(size);
            for (int[] other : alive) {
                assertTrue(offset + size <= other[0] || other[0] + other[1] <= offset, "overlap at " + offset);
            }
            alive.add(new int[] {offset, size});
        }
        assertTrue(arena.length() < 7 * 400, "fragmented to " + arena.length());
    }

    @Test
    void refusesWhatIsNotThere() {
        assertThrows(IllegalStateException.class, () -> new Arena(floats(Memory.Kind.HEAP)).release(12));
    }
}
