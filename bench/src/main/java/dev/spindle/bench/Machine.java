package dev.spindle.bench;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import oshi.SystemInfo;
import oshi.hardware.CentralProcessor;
import oshi.hardware.CentralProcessor.ProcessorCache;
import oshi.hardware.HardwareAbstractionLayer;

/**
 * Where a result was taken.
 *
 * @param processor its name, as it calls itself
 * @param logicalProcessors that the JVM may use
 * @param cores physical ones of the machine
 * @param memoryBytes of the machine
 * @param caches for data of one core, the nearest first; empty where the system does not tell
 * @param system operating system
 * @param java virtual machine and version
 * @param javaOptions of the JVM, which its forks inherit
 */
record Machine(
        String processor,
        int logicalProcessors,
        int cores,
        long memoryBytes,
        List<Cache> caches,
        String system,
        String java,
        List<String> javaOptions) {

    /**
     * A cache.
     *
     * @param level 1 is the nearest
     * @param bytes its size
     */
    record Cache(int level, long bytes) {}

    /** This one. */
    static Machine here() {
        SystemInfo info = new SystemInfo();
        HardwareAbstractionLayer hardware = info.getHardware();
        CentralProcessor processor = hardware.getProcessor();
        return new Machine(
                processor.getProcessorIdentifier().getName().strip(),
                Runtime.getRuntime().availableProcessors(),
                processor.getPhysicalProcessorCount(),
                hardware.getMemory().getTotal(),
                dataCaches(processor.getProcessorCaches()),
                info.getOperatingSystem() + ", " + System.getProperty("os.arch"),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
                ManagementFactory.getRuntimeMXBean().getInputArguments());
    }

    /** One of each level: where cores differ, the largest. */
    private static List<Cache> dataCaches(List<ProcessorCache> all) {
        List<Cache> caches = new ArrayList<>();
        all.stream()
                .filter(cache -> cache.getType() == ProcessorCache.Type.DATA
                        || cache.getType() == ProcessorCache.Type.UNIFIED)
                .map(cache -> new Cache(cache.getLevel(), cache.getCacheSize()))
                .filter(cache -> cache.bytes > 0)
                .sorted(Comparator.comparingInt(Cache::level).thenComparing(Cache::bytes, Comparator.reverseOrder()))
                .forEach(cache -> {
                    if (caches.isEmpty() || caches.getLast().level != cache.level) {
                        caches.add(cache);
                    }
                });
        return caches;
    }
}
