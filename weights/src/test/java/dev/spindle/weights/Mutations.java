package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Damages files and checks that a reader answers with the documented exception or not at all. */
final class Mutations {

    private static final int[] EXTREMES = {0, 1, -1, 4, 255, 65_536, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 30};

    private Mutations() {}

    /**
     * Cuts a file at a few hundred lengths, which include all up to 64 bytes and the last ones.
     *
     * @param file whole
     * @param reader has to refuse every part
     */
    static void truncate(byte[] file, Consumer<ByteBuffer> reader) {
        List<Integer> lengths = new ArrayList<>();
        for (int length = 0; length < Math.min(64, file.length); length++) {
            lengths.add(length);
        }
        for (int i = 1; i < 200; i++) {
            lengths.add((int) (i * (long) file.length / 200));
        }
        for (int missing = 1; missing < 64; missing++) {
            lengths.add(file.length - missing);
        }
        for (int length : lengths) {
            ByteBuffer part = ByteBuffer.wrap(file, 0, length);
            InvalidInputException refusal = assertThrows(
                    InvalidInputException.class, () -> reader.accept(part), () -> "accepted the first " + length + " bytes");
            assertEquals(1, refusal.getMessage().lines().count(), refusal.getMessage());
        }
    }

    /**
     * Changes a byte or an integer at a time.
     *
     * @param file whole
     * @param eligible which bytes to change
     * @param count how many damaged files to try
     * @param seed of what is changed, and to what
     * @param reader may refuse or accept
     */
    static void mutate(byte[] file, boolean[] eligible, int count, long seed, Consumer<ByteBuffer> reader) {
        Random random = new Random(seed);
        int[] places = IntStream.range(0, file.length).filter(i -> eligible[i]).toArray();
        int refused = 0;
        for (int i = 0; i < count; i++) {
            ByteBuffer damaged = ByteBuffer.wrap(file.clone()).order(ByteOrder.LITTLE_ENDIAN);
            int place = places[random.nextInt(places.length)];
            if (random.nextBoolean() || place > file.length - Integer.BYTES) {
                damaged.put(place, (byte) random.nextInt());
            } else {
                damaged.putInt(place, EXTREMES[random.nextInt(EXTREMES.length)]);
            }
            try {
                reader.accept(damaged);
            } catch (InvalidInputException e) {
                assertEquals(1, e.getMessage().lines().count(), e.getMessage());
                refused++;
            }
        }
        int found = refused;
        assertTrue(refused > count / 10, () -> "only " + found + " of " + count + " damaged files were refused");
    }
}
