package dev.spindle.kernel;

import java.util.function.IntConsumer;

/**
 * Code of a kernel that the JVM compiles by itself once it has run often enough, and that is many times slower until then: one
 * call of it as a network makes it, which can be cut short.
 *
 * @param code makes the call, on as many inputs as it is told, at least 1
 * @param inputs how many there are in the network
 * @param sums vectors that each input goes to
 */
public record Rehearsal(IntConsumer code, int inputs, int sums) {}
