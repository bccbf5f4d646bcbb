package dev.spindle.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How a time differs from that of an earlier result.
 *
 * @param what the layer, block or network
 * @param runner the backend or peer
 * @param unit of both times
 * @param before the earlier one
 * @param now the later one
 * @param ratio of the means, now to before: below 1 is faster
 * @param low the least ratio that both confidence intervals allow
 * @param high the greatest one
 * @param verdict whether it is more than noise
 */
record Change(
        String what, String runner, String unit, Score before, Score now, double ratio, double low, double high,
        Verdict verdict) {

    /** What a ratio says. */
    enum Verdict {
        /** The confidence intervals lie apart. */
        FASTER,
        /** The confidence intervals lie apart. */
        SLOWER,
        /** The confidence intervals meet. */
        NOISE
    }

    static Change of(String what, String runner, String unit, Score before, Score now) {
        double low = now.low() / before.high();
        double high = before.low() > 0 ? now.high() / before.low() : Double.POSITIVE_INFINITY;
        Verdict verdict = high < 1 ? Verdict.FASTER : low > 1 ? Verdict.SLOWER : Verdict.NOISE;
        return new Change(what, runner, unit, before, now, now.mean() / before.mean(), low, high, verdict);
    }

    /** Everything that both results have, networks first. */
    static List<Change> between(SuiteResult before, SuiteResult now) {
        List<Change> changes = new ArrayList<>();
        Map<NetworkCase, Map<String, SuiteResult.PeerResult>> networks = new HashMap<>();
        before.networks().forEach(network -> networks.put(network.network(), network.peers()));
        for (SuiteResult.NetworkResult network : now.networks()) {
            Map<String, SuiteResult.PeerResult> earlier = networks.getOrDefault(network.network(), Map.of());
            network.peers().forEach((name, peer) -> {
                if (earlier.containsKey(name)) {
                    changes.add(of(network.network().label(), name, "ms", earlier.get(name).millis(), peer.millis()));
                }
            });
        }
        if (before.profiled().equals(now.profiled())) {
            Map<String, Map<String, Score>> layers = new HashMap<>();
            before.layers().forEach(layer -> layers.put(layer.label(), layer.micros()));
            for (SuiteResult.LayerResult layer : now.layers()) {
                Map<String, Score> earlier = layers.getOrDefault(layer.label(), Map.of());
                layer.micros().forEach((name, score) -> {
                    if (earlier.containsKey(name)) {
                        changes.add(of(layer.label(), name, "µs", earlier.get(name), score));
                    }
                });
            }
        }
        return changes;
    }
}
