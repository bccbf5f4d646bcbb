package dev.spindle.bench;

import java.util.List;
import java.util.Map;

/**
 * What a suite found: the JSON of {@code result.json}, and the data of the report.
 *
 * @param date when it was started, ISO 8601
 * @param quick whether each step had one short fork only
 * @param machine where
 * @param backends all that Spindle has
 * @param runners the {@link Contestant}s that layers were timed on
 * @param roofs what bounds one core
 * @param layers distinct layers, then blocks, of {@code profiled}
 * @param profiled the network whose layers those are
 * @param networks whole networks in turn
 * @param firstCalls how long the first calls of a JVM take, of {@code profiled}
 * @param otherLoad what others took from the processors: the mean share over all iterations, 0 to 1; NaN where the
 *     system does not tell
 * @param failures steps that gave no result
 * @param stepsLeft steps that had not run when this was written
 */
record SuiteResult(
        String date,
        boolean quick,
        Machine machine,
        List<Backend> backends,
        List<String> runners,
        Roofs roofs,
        List<LayerResult> layers,
        NetworkCase profiled,
        List<NetworkResult> networks,
        List<FirstCallsResult> firstCalls,
        double otherLoad,
        List<Failure> failures,
        int stepsLeft) {

    /**
     * A backend.
     *
     * @param name its name
     * @param supported whether it runs here
     * @param measured whether it took part
     * @param chosen whether it is the one that is used by default
     * @param reason what it is, or why it cannot run
     */
    record Backend(String name, boolean supported, boolean measured, boolean chosen, String reason) {}

    /**
     * A layer's figures; see {@link LayerGroup}.
     *
     * @param micros time of one, by runner
     */
    record LayerResult(
            String name, String shape, String kind, int count, double flops, long bytes, long integerBytes,
            Map<String, Score> micros) {

        String label() {
            return shape.isEmpty() ? name : name + " " + shape;
        }
    }

    /**
     * A network's figures.
     *
     * @param network which
     * @param flops operations of a call
     * @param reference the peer that ratios are to
     * @param peers by name
     */
    record NetworkResult(NetworkCase network, double flops, String reference, Map<String, PeerResult> peers) {}

    /**
     * A peer's figures. Every round gives one median time; ratios are to the reference's median of the same round.
     *
     * @param median the median in milliseconds
     * @param millis the mean, with its interval
     * @param ratio the median of the ratios
     * @param lowerQuartile of the ratios
     * @param upperQuartile of the ratios
     */
    record PeerResult(double median, Score millis, double ratio, double lowerQuartile, double upperQuartile) {}

    /**
     * How long a JVM's first calls take.
     *
     * @param label who runs, and how it warms up
     * @param runner ONNX Runtime or the backend
     * @param warmup one of {@link dev.spindle.Warmup}
     * @param numbers which calls, from 1
     * @param millis the time of each, the median over the forks
     */
    record FirstCallsResult(String label, String runner, String warmup, List<Integer> numbers, List<Double> millis) {}

    /**
     * A step that failed.
     *
     * @param step what it was to measure
     * @param reason why it failed
     */
    record Failure(String step, String reason) {}
}
