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
 * @param warmupSeconds each peer that the JVM compiles runs before anything is timed: the Vector API needs
 *     8 s
 * @param measuredSeconds timed, for each peer
 */
record Comparison(double warmupSeconds, double measuredSeconds) {

    private static final double BURST_SECONDS = 0.08;

    /** Untimed calls at the start of a burst: caches are the last peer's, and so are processors while its pool spins. */
    private static final double LEAD_SECONDS = 0.01;

    /** What a turn takes if a call takes less. */
    static final double TURN_SECONDS = LEAD_SECONDS + BURST_SECONDS;

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
            warmUp(peer, warmupSeconds);
            results.add(new Result(peer.name(), new ListStatistics(), new ListStatistics()));
        }
        int rounds = (int) Math.ceil(measuredSeconds / BURST_SECONDS);
        for (int round = 0; round < rounds; round++) {
            List<ListStatistics> bursts = round(peers, round % 2 == 1);
            for (int i = 0; i < bursts.size(); i++) {
                ListStatistics millis = results.get(i).millis();
                bursts.get(i).getRawData().forEachRemaining(call -> millis.addValue(call.getKey()));
                results.get(i).ratios().addValue(bursts.get(i).getPercentile(50) / bursts.getFirst().getPercentile(50));
            }
        }
        return results;
    }

    /** Runs a peer until it is at its speed: {@code seconds} where the JVM has to compile it, a second at most else. */
    static void warmUp(Peer peer, double seconds) {
        calls(peer, peer.compiledByJvm() ? seconds : Math.min(1, seconds));
    }

    /** One burst of each peer, the last one first if {@code backwards}: the milliseconds of each call, by peer. */
    static List<ListStatistics> round(List<Peer> peers, boolean backwards) {
        ListStatistics[] bursts = new ListStatistics[peers.size()];
        for (int turn = 0; turn < bursts.length; turn++) {
            int i = backwards ? bursts.length - 1 - turn : turn;
            calls(peers.get(i), LEAD_SECONDS);
            bursts[i] = calls(peers.get(i), BURST_SECONDS);
        }
        return List.of(bursts);
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
