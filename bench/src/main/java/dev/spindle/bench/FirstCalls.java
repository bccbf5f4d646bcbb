package dev.spindle.bench;

import dev.spindle.Warmup;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Whose first calls are timed, in a JVM of their own.
 *
 * @param runner {@code onnxruntime} or the backend
 * @param warmup what the model does about them
 */
record FirstCalls(String runner, Warmup warmup) {

    /**
     * ONNX Runtime, and of each family of backends the preferred one, that of the Vector API in each way to warm up; but not the
     * plain loops, of which a thousand calls take minutes.
     */
    static List<FirstCalls> of(List<String> backends) {
        List<FirstCalls> all = new ArrayList<>();
        List<String> families = new ArrayList<>();
        all.add(new FirstCalls(OnnxRuntimePeer.NAME, Warmup.NONE));
        for (String backend : backends) {
            String family = backend.split("-")[0];
            if (!backend.equals(Workload.SCALAR) && !families.contains(family)) {
                families.add(family);
                List<Warmup> ways = family.equals("vector") ? List.of(Warmup.values()) : List.of(Warmup.NONE);
                ways.forEach(way -> all.add(new FirstCalls(backend, way)));
            }
        }
        return all;
    }

    /** What stands in the report. */
    String label() {
        return runner.startsWith("vector-") ? runner + ", warm-up " + warmup.name().toLowerCase(Locale.ROOT) : runner;
    }

    /** What the benchmark asks for: only what is left to Spindle starts on another backend. */
    String asked() {
        return warmup == Warmup.BACKGROUND ? "auto" : runner;
    }

    /** The JVM's options with which {@code auto} is this backend in the end. */
    List<String> options() {
        return warmup == Warmup.BACKGROUND
                ? List.of("-Dspindle.native.library=none", "-Dspindle.isa.max=" + runner.substring(runner.indexOf('-') + 1))
                : List.of();
    }
}
