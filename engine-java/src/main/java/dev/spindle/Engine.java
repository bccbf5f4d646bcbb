package dev.spindle;

import dev.spindle.kernel.Kernel;
import dev.spindle.plan.Plan;
import java.util.concurrent.atomic.AtomicInteger;

/** A kernel with the plan that was made for it. The plan's weights live as long as anybody holds them. */
final class Engine {

    private final Kernel kernel;
    private final Plan plan;
    /** The one who made it, at first. */
    private final AtomicInteger holders = new AtomicInteger(1);

    Engine(Kernel kernel, Plan plan) {
        this.kernel = kernel;
        this.plan = plan;
    }

    Kernel kernel() {
        return kernel;
    }

    Plan plan() {
        return plan;
    }

    /** Holds the weights until {@link #release}; false where they are gone. */
    boolean hold() {
        int count = holders.get();
        while (count > 0) {
            if (holders.compareAndSet(count, count + 1)) {
                return true;
            }
            count = holders.get();
        }
        return false;
    }

    /** Lets go of the weights; the last one frees them. */
    void release() {
        if (holders.decrementAndGet() == 0) {
            plan.weights().close();
        }
    }
}
