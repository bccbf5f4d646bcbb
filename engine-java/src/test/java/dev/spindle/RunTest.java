package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Kernels;
import dev.spindle.kernel.Memory;
import dev.spindle.plan.Plan;
import dev.spindle.plan.Planner;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class RunTest {

    private static final int THREADS = 1 + WorkerPool.SIZE;

    private final AtomicBoolean fails = new AtomicBoolean();
    private final Kernel kernel = failing(Kernels.byName("scalar"));
    private final Checkpoint checkpoint = TestNetworks.checkpoint(0.35, 32, 32, 10);
    private final Plan plan = Planner.plan(checkpoint.network(), checkpoint.weights(), kernel.layout());
    private final Memory activations = plan.newActivations(THREADS);
    private final Run run = new Run(kernel, plan, activations, new Memory[0]);

    /** The kernel, until a 1x1 convolution has to fail on whichever thread computes it. */
    private Kernel failing(Kernel kernel) {
        return (Kernel) Proxy.newProxyInstance(
                Kernel.class.getClassLoader(), new Class<?>[] {Kernel.class}, (proxy, method, arguments) -> {
                    if (fails.get() && method.getName().equals("pointwise")) {
                        throw new ArithmeticException("no");
                    }
                    try {
                        return method.invoke(kernel, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private float[] logits() {
        float[] image = TestNetworks.input(plan.network(), 1);
        int row = plan.network().width() * 3;
        for (int y = 0; y < plan.network().height(); y++) {
            activations.write(plan.input().row(y), image, y * row, row);
        }
        run.begin(THREADS);
        try {
            run.all();
        } finally {
            run.end();
        }
        float[] logits = new float[plan.network().classes()];
        activations.read(plan.classified().logits().offset(), logits, 0, logits.length);
        return logits;
    }

    @Test
    void aFailureReachesTheCallerAndLeavesTheRunUsable() {
        float[] expected = logits();
        fails.set(true);
        for (int i = 0; i < 20; i++) {
            Exception thrown = assertTimeoutPreemptively(
                    Duration.ofMinutes(1), () -> assertThrows(RuntimeException.class, this::logits));
            Throwable cause = thrown instanceof ArithmeticException ? thrown : thrown.getCause();
            assertEquals("no", cause.getMessage());
        }
        fails.set(false);
        assertArrayEquals(expected, logits());
    }

    @Test
    void aHelperThatComesLateFindsNothingToDo() {
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            run.assist(1);
            float[] expected = logits();
            run.assist(1);
            assertArrayEquals(expected, logits());
        });
    }
}
