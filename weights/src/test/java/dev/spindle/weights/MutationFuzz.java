package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.spindle.InvalidInputException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Damages files in every way, several at once, and checks that a reader accepts them or answers with the documented
 * exception, soon, and without allocating much more than the file is worth.
 *
 * <p>The normal run makes a few hundred attempts. With {@code -Dspindle.fuzz.seconds=600} each run goes on for that long;
 * the attempts are the same, and more.
 */
final class MutationFuzz {

    private static final int ATTEMPTS = 300;
    private static final long PATIENCE_SECONDS = 30;
    private static final long BYTES_PER_FILE_BYTE = 64;
    private static final long BYTES_BESIDES = 64 << 20;
    private static final long[] EXTREMES = {
        0, 1, -1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 30, 0xffffffffL,
        Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40
    };

    private MutationFuzz() {}

    /**
     * Damages a file, time and again.
     *
     * @param file whole; all of its bytes are worth damaging, so that it had better be small
     * @param seed of all damage
     * @param reader reads from position to limit
     */
    static void run(byte[] file, long seed, Consumer<ByteBuffer> reader) {
        long seconds = Long.getLong("spindle.fuzz.seconds", 0);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        int refused = 0;
        int attempts = 0;
        try (ExecutorService worker = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory())) {
            while (attempts < ATTEMPTS || seconds > 0 && System.nanoTime() < deadline) {
                byte[] damaged = damage(file, new Random(seed + attempts * 0x9e3779b97f4a7c15L));
                String name = "attempt " + attempts + " of seed " + seed;
                Future<Boolean> answer = worker.submit(() -> isRefused(name, damaged, reader));
                try {
                    refused += answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS) ? 1 : 0;
                } catch (TimeoutException | InterruptedException e) {
                    worker.shutdownNow();
                    fail(name + ": no answer after " + PATIENCE_SECONDS + " seconds", e);
                } catch (ExecutionException e) {
                    fail(name + ": " + e.getCause(), e.getCause());
                }
                attempts++;
            }
        }
        assertTrue(refused > attempts / 10, "only " + refused + " of " + attempts + " damaged files were refused");
    }

    private static boolean isRefused(String name, byte[] damaged, Consumer<ByteBuffer> reader) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        boolean refused = false;
        try {
            reader.accept(ByteBuffer.wrap(damaged));
        } catch (InvalidInputException e) {
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            refused = true;
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        long allowed = BYTES_BESIDES + BYTES_PER_FILE_BYTE * damaged.length;
        assertTrue(allocated <= allowed, () -> name + ": " + allocated + " bytes allocated, expected at most " + allowed);
        return refused;
    }

    private static byte[] damage(byte[] file, Random random) {
        byte[] damaged = file.clone();
        for (int edits = 1 + random.nextInt(3); edits > 0 && damaged.length > 0; edits--) {
            damaged = edit(damaged, random);
        }
        return damaged;
    }

    private static byte[] edit(byte[] bytes, Random random) {
        int place = random.nextInt(bytes.length);
        int length = Math.min(bytes.length - place, 1 + random.nextInt(random.nextBoolean() ? 8 : bytes.length));
        int other = random.nextInt(bytes.length - length + 1);
        switch (random.nextInt(8)) {
            case 0 -> bytes[place] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[place] = (byte) random.nextInt();
            case 2, 3 -> putExtreme(bytes, place, random);
            case 4 -> System.arraycopy(bytes, other, bytes, place, length);
            case 5 -> {
                return splice(bytes, place, place + length, new byte[0]);
            }
            case 6 -> {
                return splice(bytes, place, place, Arrays.copyOfRange(bytes, other, other + Math.min(length, 256)));
            }
            default -> {
                return Arrays.copyOf(bytes, place);
            }
        }
        return bytes;
    }

    /** An integer of one to eight bytes, in either byte order. */
    private static void putExtreme(byte[] bytes, int place, Random random) {
        long value = EXTREMES[random.nextInt(EXTREMES.length)] + random.nextInt(3) - 1;
        int size = Math.min(1 << random.nextInt(4), bytes.length - place);
        boolean big = random.nextBoolean();
        for (int i = 0; i < size; i++) {
            bytes[place + (big ? size - 1 - i : i)] = (byte) (value >> (8 * i));
        }
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] replacement) {
        byte[] spliced = new byte[bytes.length - (to - from) + replacement.length];
        System.arraycopy(bytes, 0, spliced, 0, from);
        System.arraycopy(replacement, 0, spliced, from, replacement.length);
        System.arraycopy(bytes, to, spliced, from + replacement.length, bytes.length - to);
        return spliced;
    }
}
