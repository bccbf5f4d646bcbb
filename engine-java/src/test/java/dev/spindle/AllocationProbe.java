package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * Runs a session in a JVM of its own until it allocates nothing, and prints the bytes that the last call allocated. The
 * arguments are a backend and a precision.
 */
public final class AllocationProbe {

    private static final long PATIENCE_NANOS = 60_000_000_000L;
    private static final int CLEAN_CALLS = 20;

    private AllocationProbe() {}

    /** Prints backend, precision and bytes. */
    public static void main(String[] arguments) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Checkpoint checkpoint = TestNetworks.quantised(0.35, 33, 40, 21, 5);
        Options options = Options.DEFAULT.withBackend(arguments[0]).withPrecision(Precision.ofLabel(arguments[1]))
                .withMaps("stride4", "block5", "pool");
        try (Model model = Model.of(checkpoint, options);
                Session session = model.newSession()) {
            float[] input = TestNetworks.input(model.network(), 2);
            float[] logits = new float[2 * session.logitsLength()];
            float[] features = new float[2 * session.featuresLength()];
            float[][] maps = session.maps().stream().map(map -> new float[2 * map.length()]).toArray(float[][]::new);
            byte[] bytes = new byte[input.length];
            byte[] output = new byte[logits.length];
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            long allocated = -1;
            for (int clean = 0; clean < CLEAN_CALLS && System.nanoTime() < deadline; ) {
                long before = threads.getCurrentThreadAllocatedBytes();
                if (model.precision() == Precision.INT8) {
                    session.run(input, 2, output, logits, features);
                    session.run(bytes, 2, output, logits, features);
                } else {
                    session.run(input, 2, logits, features);
                }
                session.features(input, 2, maps);
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
                clean = allocated == 0 ? clean + 1 : 0;
            }
            System.out.println(model.backend() + " " + model.precision().label() + " " + allocated);
        }
    }

    /** A run of a backend, once compiled, must allocate nothing. */
    public static void allocatesNothing(String backend, Precision precision, String classPath) throws InterruptedException {
        ForkedJvm jvm = ForkedJvm.run(List.of(
                "--add-modules", "jdk.incubator.vector,jdk.management", "--enable-native-access=ALL-UNNAMED", "-cp", classPath,
                AllocationProbe.class.getName(), backend, precision.label()));
        assertTrue(jvm.output().strip().endsWith(backend + " " + precision.label() + " 0"), jvm.output());
    }

    /** The bytes that the current thread allocates for something. */
    static long allocated(Runnable something) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        something.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
