package dev.spindle;

import dev.spindle.image.Image;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Many threads use one model at once for some seconds: with sessions of their own, with sessions that others use and close at
 * the same time, and with the model itself, while they are interrupted. A second model is closed and replaced under them. Every
 * result must have the bits that a single thread gets, and nothing else may be thrown than what says that a session is busy or
 * something is closed. At the end, no memory may be left, on the heap or off it, where the JVM counts it as {@link #OPTIONS} say.
 *
 * <p>Arguments: a backend and seconds. The exit code is 0 where all was well.
 */
final class ConcurrencyProbe {

    /** Of the serial collector's heap, what is in use after a collection is what is reachable. */
    static final List<String> OPTIONS = List.of(
            "--add-modules", "jdk.incubator.vector", "-XX:NativeMemoryTracking=summary", "-XX:+UseSerialGC",
            "-XX:ActiveProcessorCount=8");

    private static final int THREADS = 64;
    private static final int SHARED = 8;
    private static final int PICTURES = 4;
    private static final int CLASSES = 21;
    private static final long PATIENCE_MILLIS = 60_000;
    /** Less than any one block of the models' memory. */
    private static final long SLACK_KB = 64;
    /** On the heap there are the JDK's and the probe's own classes, too. */
    private static final long HEAP_SLACK_KB = 1_000;

    private final String backend;
    private final long deadline;
    private final Checkpoint checkpoint = TestNetworks.checkpoint(0.35, 33, 40, CLASSES);
    private final Image[] pictures = new Image[PICTURES];
    private final float[] input = TestNetworks.input(checkpoint.network(), PICTURES);
    private final float[] logits = new float[PICTURES * CLASSES];
    private final List<List<Classification>> classes = new ArrayList<>();
    private final Model model;
    private final AtomicReference<Model> other = new AtomicReference<>();
    private final AtomicReferenceArray<Session> shared = new AtomicReferenceArray<>(SHARED);
    private final AtomicLong results = new AtomicLong();
    private final AtomicLong refusals = new AtomicLong();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private ConcurrencyProbe(String backend, long seconds) {
        this.backend = backend;
        this.model = newModel();
        Random random = new Random(5);
        for (int i = 0; i < PICTURES; i++) {
            byte[] rgb = new byte[3 * 50 * 40];
            random.nextBytes(rgb);
            pictures[i] = Image.ofRgb(50, 40, rgb);
            classes.add(model.classify(pictures[i], 3));
        }
        try (Session session = model.newSession()) {
            session.run(input, PICTURES, logits, null);
        }
        deadline = System.nanoTime() + seconds * 1_000_000_000L;
    }

    public static void main(String[] arguments) throws InterruptedException {
        // What the first model brings with it is not the second's.
        use(arguments[0], 0);
        long before = offHeapKb();
        long heapBefore = heapKb();
        boolean right = use(arguments[0], Long.parseLong(arguments[1]));
        long left = offHeapKb() - before;
        long heapLeft = heapKb() - heapBefore;
        // Helpers hold on to the last call until they get a processor, and see that it is over.
        for (int waits = 0; waits < 100 && heapLeft > HEAP_SLACK_KB; waits++) {
            Thread.sleep(100);
            heapLeft = heapKb() - heapBefore;
        }
        System.out.println(left + " kB off the heap and " + heapLeft + " kB on it are left");
        System.exit(right && left <= SLACK_KB && heapLeft <= HEAP_SLACK_KB ? 0 : 1);
    }

    private static boolean use(String backend, long seconds) throws InterruptedException {
        ConcurrencyProbe probe = new ConcurrencyProbe(backend, seconds);
        probe.run();
        System.out.println(backend + ": " + probe.results.get() + " results, " + probe.refusals.get() + " refusals");
        return probe.failure.get() == null;
    }

    private Model newModel() {
        return Model.of(checkpoint, Options.DEFAULT.withBackend(backend).withThreads(2));
    }

    private void run() throws InterruptedException {
        other.set(newModel());
        for (int slot = 0; slot < SHARED; slot++) {
            shared.set(slot, model.newSession());
        }
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Random random = new Random(i);
            threads.add(Thread.ofPlatform().daemon().uncaughtExceptionHandler((thread, e) -> fail(e)).start(() -> use(random)));
        }
        Random random = new Random(THREADS);
        while (!over()) {
            threads.get(random.nextInt(THREADS)).interrupt();
            Thread.sleep(1);
        }
        for (Thread thread : threads) {
            thread.join(PATIENCE_MILLIS);
            if (thread.isAlive()) {
                fail(new IllegalStateException("stuck: " + Arrays.toString(thread.getStackTrace())));
            }
        }
        for (int slot = 0; slot < SHARED; slot++) {
            shared.get(slot).close();
        }
        other.get().close();
        model.close();
    }

    private boolean over() {
        return System.nanoTime() >= deadline || failure.get() != null;
    }

    private void fail(Throwable e) {
        if (failure.compareAndSet(null, e)) {
            e.printStackTrace();
        }
    }

    private void use(Random random) {
        Session own = model.newSession();
        while (!over()) {
            if (random.nextInt(3) == 0) {
                // What an earlier interruption has left set stays set for the other two thirds.
                Thread.interrupted();
            }
            switch (random.nextInt(8)) {
                case 0 -> {
                    own.close();
                    own = model.newSession();
                }
                case 1, 2 -> run(own.threads(1 + random.nextInt(4)), random);
                case 3, 4 -> unlessRefused(() -> run(shared.get(random.nextInt(SHARED)), random));
                case 5 -> shared.getAndSet(random.nextInt(SHARED), model.newSession()).close();
                case 6 -> classify(model, random);
                default -> useOther(random);
            }
        }
        own.close();
    }

    private void useOther(Random random) {
        if (random.nextInt(20) == 0) {
            other.getAndSet(newModel()).close();
        } else {
            unlessRefused(() -> classify(other.get(), random));
        }
    }

    private void unlessRefused(Runnable use) {
        try {
            use.run();
        } catch (IllegalStateException e) {
            if (!e.getMessage().matches("the (session|model) is closed|the session is running on another thread; .*")) {
                throw e;
            }
            refusals.incrementAndGet();
        }
    }

    private void run(Session session, Random random) {
        int images = 1 + random.nextInt(PICTURES);
        float[] found = new float[images * CLASSES];
        session.run(input, images, found, null);
        require(Arrays.equals(found, 0, found.length, logits, 0, found.length));
    }

    private void classify(Model by, Random random) {
        int picture = random.nextInt(PICTURES);
        require(by.classify(pictures[picture], 3).equals(classes.get(picture)));
    }

    private void require(boolean right) {
        if (!right) {
            throw new AssertionError("another result");
        }
        results.incrementAndGet();
    }

    private static long heapKb() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1000;
    }

    /** What was allocated off the heap for Java code, and not freed. */
    private static long offHeapKb() {
        try {
            String summary = (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "vmNativeMemory",
                            new Object[] {new String[] {"summary"}},
                            new String[] {String[].class.getName()});
            Matcher other = Pattern.compile("Other \\(reserved=\\d+KB, committed=(\\d+)KB\\)").matcher(summary);
            return other.find() ? Long.parseLong(other.group(1)) : 0;
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
    }
}
