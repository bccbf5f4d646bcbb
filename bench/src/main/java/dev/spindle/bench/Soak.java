package dev.spindle.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.openjdk.jmh.util.ListStatistics;

/** Runs one peer for a long time and reads, again and again, how fast it is and how much memory the process holds. */
final class Soak {

    private static final Path STATUS = Path.of("/proc/self/status");

    private Soak() {}

    /**
     * What one interval gave.
     *
     * @param calls how many
     * @param median milliseconds a call
     * @param heap bytes of the Java heap that are in use after a collection
     * @param resident bytes of physical memory of the whole process, native memory included; -1 where the system does not tell
     */
    record Interval(long calls, double median, long heap, long resident) {}

    /**
     * Runs.
     *
     * @param peer loaded with its input
     * @param intervals how many
     * @param seconds of each
     * @param each is told of each interval as it ends
     * @throws IllegalStateException where a call gives other logits than the first
     */
    static void run(Peer peer, int intervals, double seconds, Consumer<Interval> each) {
        peer.run();
        float[] expected = peer.logits();
        for (int i = 0; i < intervals; i++) {
            ListStatistics millis = new ListStatistics();
            long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
            do {
                long start = System.nanoTime();
                peer.run();
                millis.addValue((System.nanoTime() - start) * 1e-6);
            } while (System.nanoTime() < end);
            if (!Arrays.equals(expected, peer.logits())) {
                throw new IllegalStateException(peer.name() + " gives other logits than at first");
            }
            long calls = millis.getN();
            double median = millis.getPercentile(50);
            System.gc();
            each.accept(new Interval(
                    calls, median, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(), resident()));
        }
    }

    private static long resident() {
        if (!Files.isReadable(STATUS)) {
            return -1;
        }
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(-1);
        } catch (IOException e) {
            throw new UncheckedIOException(STATUS.toString(), e);
        }
    }
}
