package dev.spindle.bench;

import dev.spindle.Checkpoint;
import dev.spindle.Options;
import dev.spindle.Precision;
import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Layout;
import dev.spindle.plan.Fusion;
import dev.spindle.plan.Plan;
import dev.spindle.plan.Planner;

/**
 * One of Spindle's backends with the numbers that it computes in: {@code vector-256}, or {@code vector-256:int8}.
 *
 * @param backend its name
 * @param precision {@link Precision#FP32} or {@link Precision#INT8}
 */
record Contestant(String backend, Precision precision) {

    /** Behind the name of a backend that computes in integers. */
    static final String INT8 = ":" + Precision.INT8.label();

    /** The contestant of this name. */
    static Contestant of(String name) {
        return name.endsWith(INT8)
                ? new Contestant(name.substring(0, name.length() - INT8.length()), Precision.INT8)
                : new Contestant(name, Precision.FP32);
    }

    boolean isInt8() {
        return precision == Precision.INT8;
    }

    /** The plain loops with the same numbers. */
    Contestant reference() {
        return new Contestant(Workload.SCALAR, precision);
    }

    /** The network and its weights, in integers where they are wanted. */
    Checkpoint checkpoint(Workload workload) {
        return isInt8() ? workload.quantised() : workload.checkpoint();
    }

    /** For a model. */
    Options options(int threads) {
        return new Options(backend, threads).withPrecision(precision);
    }

    /**
     * Plans a workload's network.
     *
     * @throws IllegalArgumentException where the backend has no kernels for int8 and those are wanted
     */
    Plan plan(Workload workload, Kernel kernel, Fusion fusion) {
        if (!isInt8()) {
            return Planner.plan(workload.network(), workload.checkpoint().weights(), kernel.layout(), fusion);
        }
        Layout layout = kernel.quantised().orElseThrow(() -> new IllegalArgumentException(
                "backend " + kernel.name() + " has no kernels for int8")).layout();
        return Planner.plan(workload.network(), workload.quantised().quantised().orElseThrow(), layout, fusion);
    }

    @Override
    public String toString() {
        return isInt8() ? backend + INT8 : backend;
    }
}
