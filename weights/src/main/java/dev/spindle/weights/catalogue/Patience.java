package dev.spindle.weights.catalogue;

import java.time.Duration;

/**
 * How long a download waits, and how often it tries.
 *
 * @param connect for a connection
 * @param stall for the next byte
 * @param attempts requests for the file that may fail, redirects not counted
 * @param firstPause between the first two attempts; doubled each time
 * @param longestPause between any two; a server that asks for more is not waited for
 */
record Patience(Duration connect, Duration stall, int attempts, Duration firstPause, Duration longestPause) {

    static final Patience USUAL = new Patience(
            Duration.ofSeconds(20), Duration.ofSeconds(30), 6, Duration.ofSeconds(1), Duration.ofSeconds(60));

    /** The pause after so many failed attempts. */
    Duration pause(int failed) {
        Duration doubled = firstPause.multipliedBy(1L << Math.min(failed - 1, Integer.SIZE));
        return doubled.compareTo(longestPause) < 0 ? doubled : longestPause;
    }
}
