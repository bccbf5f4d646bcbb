package dev.spindle.kernel;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A backend's code. One call computes a range of units of one fused layer; see {@link Layer}. A kernel is stateless and
 * thread-safe, allocates nothing, and trusts its arguments: a plan is checked when it is made.
 *
 * <p>Sums run in the order that each layer states, whatever the range of units, so that one kernel gives the same bits
 * for every split of the work. Kernels differ from one another by rounding: a sum of K products is within
 * {@code c * K * eps * (|bias| + sum of |w x|)} of the exact one.
 */
public interface Kernel {

    /** The backend's name, such as {@code vector-512}. */
    String name();

    /** What this kernel wants data to look like. */
    Layout layout();

    /** This backend's code for networks in integers; empty where it has none, and they run dequantised. */
    default Optional<QuantisedKernel> quantised() {
        return Optional.empty();
    }

    /**
     * Readies packed weights, which are whole, for the runs to come. Changes none of them, and may do nothing.
     *
     * @param weights a plan's, for this kernel
     */
    default void prepare(Memory weights) {}

    /**
     * What the JVM has to compile before this kernel is at its speed, each piece once. Nothing where its code is as fast in the
     * first call as in any other, or nearly so.
     *
     * @param run runs what is to be at that speed on the kernel that it is given, which computes next to nothing. The memory that
     *     it uses has to be there as long as the rehearsals are, which write to it
     */
    default List<Rehearsal> rehearsals(Consumer<Kernel> run) {
        return List.of();
    }

    /** Output rows {@code from} to {@code to} of the stem. */
    void stem(Stem layer, Memory weights, Memory activations, int from, int to);

    /**
     * Register tiles {@code from} to {@code to} of a 1x1 convolution.
     *
     * @param layer the convolution
     * @param weights all packed weights
     * @param activations the session's memory
     * @param output where the first channel block of the result would stand: {@link Pointwise#output}, or of a layer without a
     *     residual any place that has room for the channel blocks of these units
     * @param from first unit
     * @param to behind the last unit
     */
    void pointwise(Pointwise layer, Memory weights, Memory activations, int output, int from, int to);

    /** Rows of channel blocks {@code from} to {@code to} of a depthwise convolution. */
    void depthwise(Depthwise layer, Memory weights, Memory activations, int from, int to);

    /**
     * Output rows {@code from} to {@code to} of a fused block. Only kernels whose {@link Layout#fuses} is true are given
     * one; for the others the planner composes the block of its layers.
     *
     * @param layer the block
     * @param weights all packed weights
     * @param activations the session's memory
     * @param scratch offset of the calling thread's scratch
     * @param from first unit
     * @param to behind the last unit
     */
    default void fusedBlock(FusedBlock layer, Memory weights, Memory activations, int scratch, int from, int to) {
        throw new AssertionError(name() + " fuses no blocks, but was given " + layer.name());
    }

    /**
     * Channel blocks {@code from} to {@code to} of the pool.
     *
     * @param layer the pool
     * @param activations the session's memory
     * @param input where the first channel block of the map would stand: {@link GlobalAverage#input}, or another place where
     *     those of these units are
     * @param from first unit
     * @param to behind the last unit
     */
    void globalAverage(GlobalAverage layer, Memory activations, int input, int from, int to);

    /** Tiles {@code from} to {@code to} of a dense layer. */
    void dense(Dense layer, Memory weights, Memory activations, int from, int to);

    /** The whole softmax. */
    void softmax(Softmax layer, Memory activations);
}
