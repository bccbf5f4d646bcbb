package dev.spindle.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.util.ListStatistics;

/**
 * Runs peers in turn, in bursts of a fraction of a second: what slows the machine down for a while then slows all of
 * them, and the ratio of neighbouring bursts stays true where times do not. Rounds run forwards and backwards, so that
 * nobody always comes first.
 *
 * @param warmupSeconds each peer runs before anything is timed: the Vector API needs 8 s to be compiled
 * @param measuredSeconds timed, for each peer
 */
record Comparison(double warmupSeconds, double measuredSeconds) {

    private static final double BURST_SECONDS = 0.08;

    /** Untimed calls at the start of a burst: caches are the last peer's, and so are processors while its pool spins. */
    private static final double LEAD_SECONDS = 0.01;

    Comparison {
        if (!(warmupSeconds >= 0 && measuredSeconds > 0)) {
            throw new IllegalArgumentException("warm-up of " + warmupSeconds + " s and measurement of "
                    + measuredSeconds + " s, expected at least 0 and more than 0");
        }
    }

    /**
     * One peer's figures.
     *
     * @param name the peer's
     * @param millis one value a call
     * @param ratios one value a round: the burst's median over the first peer's of that round
     */
    record Result(String name, ListStatistics millis, ListStatistics ratios) {

        double median() {
            return millis.getPercentile(50);
        }
    }

    /**
     * Runs the peers.
     *
     * @param peers each ready to run
     * @return one result a peer, in their order
     */
    List<Result> run(List<Peer> peers) {
        List<Result> results = new ArrayList<>();
        for (Peer peer : peers) {
            calls(peer, warmupSeconds);
            results.add(new Result(peer.name(), new ListStatistics(), new ListStatistics()));
        }
        int rounds = (int) Math.ceil(measuredSeconds / BURST_SECONDS);
        double[] medians = new double[peers.size()];
        for (int round = 0; round < rounds; round++) {
            for (int turn = 0; turn < medians.length; turn++) {
                int i = round % 2 == 0 ? turn : medians.length - 1 - turn;
                calls(peers.get(i), LEAD_SECONDS);
                ListStatistics burst = calls(peers.get(i), BURST_SECONDS);
                medians[i] = burst.getPercentile(50);
                burst.getRawData().forEachRemaining(call -> results.get(i).millis().addValue(call.getKey()));
            }
            for (int i = 0; i < medians.length; i++) {
                results.get(i).ratios().addValue(medians[i] / medians[0]);
            }
        }
        return results;
    }

    /** Calls for as long as that, at least once; the milliseconds of each. */
    private static ListStatistics calls(Peer peer, double seconds) {
        ListStatistics millis = new ListStatistics();
        long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
        long now;
        do {
            long start = System.nanoTime();
            peer.run();
            now = System.nanoTime();
            millis.addValue((now - start) * 1e-6);
        } while (now < end);
        return millis;
    }
}
