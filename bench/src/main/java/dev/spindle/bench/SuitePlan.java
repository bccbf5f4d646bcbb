package dev.spindle.bench;

import dev.spindle.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a suite measures, and for how long.
 *
 * @param quick the short one
 * @param profiled the network whose layers are timed
 * @param networks those that run as a whole
 * @param forks JVMs for each step: from one to the next, code and arrays come to lie differently
 * @param warmupSeconds before anything is timed where the JVM compiles what runs
 * @param iterations of a profile, in each fork
 * @param iterationSeconds how long each is
 * @param rounds of a comparison, in each fork
 * @param firstCalls calls of a JVM in which nothing has run before, in each fork
 */
record SuitePlan(
        boolean quick,
        NetworkCase profiled,
        List<NetworkCase> networks,
        int forks,
        double warmupSeconds,
        int iterations,
        double iterationSeconds,
        int rounds,
        int firstCalls) {

    private static final NetworkCase USUAL = new NetworkCase(1.0, 224, 1, 1);

    /** About eight minutes. */
    static SuitePlan quick(int processors) {
        List<NetworkCase> networks = new ArrayList<>();
        networks.add(USUAL);
        if (processors > 1) {
            networks.add(new NetworkCase(1.0, 224, 1, 2));
        }
        networks.add(new NetworkCase(1.0, 224, 8, 1));
        networks.add(new NetworkCase(1.4, 224, 1, 1));
        networks.add(new NetworkCase(0.35, 96, 1, 1));
        return new SuitePlan(true, USUAL, networks, 1, 8, 10, 0.3, 16, 1000);
    }

    /** About an hour and a half. */
    static SuitePlan full(int processors) {
        List<NetworkCase> networks = new ArrayList<>();
        for (double width : new double[] {1.0, 1.4, 0.35}) {
            for (int resolution : new int[] {224, 96}) {
                networks.add(new NetworkCase(width, resolution, 1, 1));
            }
        }
        Stream.of(2, processors).filter(threads -> threads > 1 && threads <= processors).distinct().forEach(threads -> {
            networks.add(new NetworkCase(1.0, 224, 1, threads));
            networks.add(new NetworkCase(0.35, 96, 1, threads));
        });
        networks.add(new NetworkCase(1.0, 224, 8, 1));
        return new SuitePlan(false, USUAL, networks, 5, 10, 10, 1, 40, 1000);
    }

    /**
     * Whom layers are timed on: the backends, and behind them in integers all but the plain loops, in the quick suite only the
     * first of each family.
     *
     * @param backends in the order of preference
     * @return names of {@link Contestant}s
     */
    List<String> runners(List<String> backends) {
        List<String> runners = new ArrayList<>(backends);
        wanted(backends).stream()
                .filter(backend -> !backend.equals(Workload.SCALAR))
                .forEach(backend -> runners.add(new Contestant(backend, Precision.INT8).toString()));
        return runners;
    }

    /** In the quick suite only the first of each family, which is the preferred one. */
    private List<String> wanted(List<String> backends) {
        List<String> families = backends.stream().map(SuitePlan::family).toList();
        return IntStream.range(0, backends.size())
                .filter(i -> !quick || families.indexOf(families.get(i)) == i)
                .mapToObj(backends::get)
                .toList();
    }

    private static String family(String backend) {
        return backend.split("-")[0];
    }

    /**
     * The peers of a network: the reference, then the backends; but the plain loops on single images only, since a
     * batch takes them seconds, and in the quick suite only the first of each family, which is the preferred one.
     *
     * @param backends in the order of preference
     */
    List<String> peers(NetworkCase network, List<String> backends) {
        List<String> peers = new ArrayList<>();
        peers.add(OnnxRuntimePeer.NAME);
        for (String backend : wanted(backends)) {
            if (network.batch() == 1 || !backend.equals(Workload.SCALAR)) {
                peers.add(backend);
            }
        }
        return peers;
    }
}
