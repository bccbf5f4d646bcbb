package dev.spindle.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What bounds one core of this machine, measured.
 *
 * @param fmaGflops see {@link FmaPeak}
 * @param vectorBits of the vectors that it was measured with
 * @param byteGops see {@link BytePeak}, by backend; without those that multiply no bytes
 * @param bandwidths see {@link ReadBandwidth}, the nearest level first
 */
record Roofs(double fmaGflops, int vectorBits, Map<String, Double> byteGops, List<Bandwidth> bandwidths) {

    private static final String DRAM = "DRAM";

    /** DRAM is read from so many times the last cache. */
    private static final int BEYOND_CACHE = 4;

    /** Where the system does not tell its caches: more than most have. */
    private static final long UNKNOWN_CACHE_BYTES = 64 << 20;

    private static final long MOST_BYTES = 512 << 20;

    /**
     * A level of memory.
     *
     * @param level {@code L1}, {@code L2}, {@code L3} or {@code DRAM}
     * @param bytes the working set that was read
     * @param gigabytesPerSecond its rate
     */
    record Bandwidth(String level, long bytes, double gigabytesPerSecond) {}

    /** Measures, {@code seconds} for each roof, products of bytes on each of {@code backends}. */
    static Roofs measure(List<Machine.Cache> caches, List<String> backends, double seconds) {
        List<Bandwidth> bandwidths = new ArrayList<>();
        for (Bandwidth set : workingSets(caches)) {
            bandwidths.add(new Bandwidth(
                    set.level, set.bytes, ReadBandwidth.gigabytesPerSecond(set.bytes, seconds)));
        }
        Map<String, Double> byteGops = new LinkedHashMap<>();
        for (String backend : backends) {
            double gops = BytePeak.gops(backend, seconds);
            if (gops > 0) {
                byteGops.put(backend, gops);
            }
        }
        return new Roofs(FmaPeak.gflops(seconds), FmaPeak.bits(), byteGops, bandwidths);
    }

    /** What to read so that it comes from each level: well below its size, well above that of the one before. */
    static List<Bandwidth> workingSets(List<Machine.Cache> caches) {
        List<Bandwidth> sets = new ArrayList<>();
        long before = 0;
        for (Machine.Cache cache : caches) {
            long bytes = before == 0 ? cache.bytes() / 2 : (long) Math.sqrt((double) before * cache.bytes());
            sets.add(new Bandwidth("L" + cache.level(), Math.min(bytes, mostBytes()), 0));
            before = cache.bytes();
        }
        long last = before == 0 ? UNKNOWN_CACHE_BYTES : before;
        sets.add(new Bandwidth(DRAM, Math.min(BEYOND_CACHE * last, mostBytes()), 0));
        return sets;
    }

    private static long mostBytes() {
        return Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / 4);
    }

    /** The higher of each roof: others only ever take time away. */
    Roofs highest(Roofs again) {
        List<Bandwidth> highest = new ArrayList<>();
        for (int i = 0; i < bandwidths.size(); i++) {
            Bandwidth first = bandwidths.get(i);
            Bandwidth second = again.bandwidths.get(i);
            highest.add(first.gigabytesPerSecond >= second.gigabytesPerSecond ? first : second);
        }
        Map<String, Double> highestGops = new LinkedHashMap<>(byteGops);
        again.byteGops.forEach((backend, gops) -> highestGops.merge(backend, gops, Math::max));
        return new Roofs(Math.max(fmaGflops, again.fmaGflops), vectorBits, highestGops, highest);
    }
}
