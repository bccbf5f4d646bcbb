package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.image.Image;
import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WarmupTest {

    private static final Kernel SCALAR = Kernels.byName("scalar");

    private final Checkpoint checkpoint = TestNetworks.quantised(0.35, 33, 40, 21, 5);
    private final Options options = Options.DEFAULT.withPrecision(Precision.FP32);
    private final float[] input = TestNetworks.input(checkpoint.network(), 2);
    /** Holds warming up back. */
    private final CountDownLatch latch = new CountDownLatch(1);

    @AfterEach
    void letGo() {
        latch.countDown();
    }

    /** The backend that is preferred here under another name, which computes once the latch lets it. */
    private Kernel later(RuntimeException failure) {
        Kernel kernel = Kernels.best();
        return (Kernel) Proxy.newProxyInstance(
                Kernel.class.getClassLoader(), new Class<?>[] {Kernel.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("name")) {
                        return "later";
                    }
                    if (method.getReturnType() == void.class || method.getName().equals("quantised")) {
                        latch.await();
                        if (failure != null) {
                            throw failure;
                        }
                    }
                    try {
                        return method.invoke(kernel, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static void awaitReady(Model model) {
        assertTimeoutPreemptively(Duration.ofMinutes(2), () -> {
            while (!model.ready()) {
                Thread.sleep(1);
            }
        });
    }

    private static boolean isWarming() {
        return Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().equals("spindle-warm-up"));
    }

    private static float[] logits(Session session, float[] input, int images) {
        float[] logits = new float[images * session.logitsLength()];
        session.run(input, images, logits, null);
        return logits;
    }

    @Test
    void theModelGoesOverBetweenCallsAndTheFirstPlanGoesWithItsLastSession() {
        try (Model model = Model.of(checkpoint, options, later(null), SCALAR);
                Session session = model.newSession().threads(2)) {
            Session idle = model.newSession();
            Engine first = model.engine();
            assertEquals("scalar", model.backend());
            float[] one = logits(session, input, 1);
            float[] batch = logits(session, input, 2);
            Image picture = Image.ofRgb(1, 1, new byte[] {1, 2, 3});
            List<Classification> classes = model.classify(picture, 21);
            assertFalse(model.ready());

            latch.countDown();
            awaitReady(model);
            assertEquals("later", model.backend());
            assertArrayEquals(batch, logits(session, input, 2), 1e-4f);
            assertArrayEquals(one, logits(session, input, 1), 1e-4f);
            assertEquals(classes.getFirst().index(), model.classify(picture, 1).getFirst().index());
            assertTrue(first.hold(), "the idle session has it");
            first.release();
            idle.close();
            assertFalse(first.hold());
            assertFalse(isWarming());
        }
    }

    @Test
    void integersAreTheSameBytesBeforeAndAfter() {
        try (Model model = Model.of(checkpoint, options.withPrecision(Precision.INT8), later(null), SCALAR);
                Session session = model.newSession()) {
            byte[] before = new byte[21];
            session.run(input, 1, before, null, null);
            latch.countDown();
            awaitReady(model);
            assertEquals("later int8", model.backend() + " " + model.precision().label());
            byte[] after = new byte[21];
            session.run(input, 1, after, null, null);
            assertArrayEquals(before, after);
        }
    }

    @Test
    void closingTheModelEndsWarmingUpAndSessionsGoOn() {
        Session session;
        float[] expected;
        Engine first;
        try (Model model = Model.of(checkpoint, options, later(null), SCALAR)) {
            session = model.newSession();
            first = model.engine();
            expected = logits(session, input, 1);
        }
        latch.countDown();
        assertTimeoutPreemptively(Duration.ofMinutes(2), () -> {
            while (isWarming()) {
                Thread.sleep(1);
            }
        });
        assertArrayEquals(expected, logits(session, input, 1));
        session.close();
        assertFalse(first.hold());
    }

    @Test
    void whereWarmingUpFailsTheModelStaysAsItIsAndTheLogSaysWhy() {
        List<LogRecord> logged = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                logged.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(Model.class.getName());
        logger.addHandler(handler);
        latch.countDown();
        try (Model model = Model.of(checkpoint, options, later(new ArithmeticException("no")), SCALAR);
                Session session = model.newSession()) {
            awaitReady(model);
            assertEquals("scalar", model.backend());
            logits(session, input, 2);
            assertEquals(
                    "backend scalar is used; later cannot be warmed up: java.lang.ArithmeticException: no",
                    logged.getFirst().getMessage());
        } finally {
            logger.removeHandler(handler);
        }
    }

    @Test
    void whatNeedsNoWarmUpOrIsToHaveNoneRunsFromTheFirstCallOn() {
        latch.countDown();
        Kernel later = later(null);
        for (Warmup warmup : List.of(Warmup.NONE, Warmup.BLOCKING)) {
            try (Model model = Model.of(checkpoint, options.withWarmup(warmup), later, SCALAR)) {
                assertTrue(model.ready());
                assertSame(later, model.engine().kernel());
                assertFalse(isWarming());
            }
        }
        try (Model model = Model.of(checkpoint, options.withBackend(Kernels.best().name()))) {
            assertTrue(model.ready());
            assertEquals(Kernels.best().name(), model.backend());
        }
    }

    static Stream<String> backends() {
        return Kernels.all().stream().filter(KernelCandidate::supported).map(KernelCandidate::name);
    }

    /**
     * What is compiled allocates nothing; in integers there are vectors that stay boxed, on any way to get warm. Here the JVM
     * compiles while the caller waits, so that no time plays a part.
     */
    @ParameterizedTest
    @MethodSource("backends")
    void theFirstCallAfterwardsRunsCompiled(String backend) throws Exception {
        List<String> options = List.of("-Xbatch");
        long cold = Long.parseLong(ChildJvm.run(options, FirstCall.class, backend, "NONE").strip());
        long warm = Long.parseLong(ChildJvm.run(options, FirstCall.class, backend, "BLOCKING").strip());
        assertTrue(warm < 1_000_000, () -> "allocated after warming up " + warm + ", without " + cold);
        assertEquals(backend.startsWith("vector-"), cold > 10_000_000, () -> "allocated without warming up " + cold);
    }

    /** Prints the bytes that a model's first call allocates. */
    static final class FirstCall {

        private FirstCall() {}

        public static void main(String[] arguments) {
            Checkpoint checkpoint = TestNetworks.checkpoint(0.35, 33, 40, 21);
            Options options = Options.DEFAULT.withBackend(arguments[0]).withWarmup(Warmup.valueOf(arguments[1]));
            try (Model model = Model.of(checkpoint, options); Session session = model.newSession()) {
                float[] input = TestNetworks.input(checkpoint.network(), 1);
                float[] logits = new float[21];
                System.out.println(AllocationProbe.allocated(() -> session.run(input, logits)));
            }
        }
    }
}
