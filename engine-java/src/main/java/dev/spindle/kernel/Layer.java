package dev.spindle.kernel;

/**
 * One step of a plan: geometry and offsets, all decided and checked when it was planned. Offsets index the elements of the
 * weights' or the activations' {@link Memory}. A layer's work is {@link #units} equal pieces in a fixed order; any range
 * of them can be computed on its own, on any thread, with the same bits.
 */
public sealed interface Layer
        permits Stem, ChannelTiled, Channelwise, FusedBlock, ChannelwisePair, PooledPointwise, Dense, Softmax, Broadcast,
                ByteMapping, Quantised {

    /** The name in the network's description. */
    String name();

    /** Pieces of work. */
    int units();

    /** Multiply-accumulates for one image. */
    long macs();

    /**
     * The end of the panel of weights that a unit uses: all units from it up to there read the same weights, so that
     * several images go through them one after another while the panel is in the cache.
     *
     * @param unit one of the units
     * @return the first unit behind the panel; all units are one panel where the weights are few
     */
    default int panelEnd(int unit) {
        return units();
    }

    /** Elements of activations that each thread needs for itself while it runs this layer. */
    default int scratchLength() {
        return 0;
    }

    /**
     * Computes the units {@code from} (inclusive) to {@code to} (exclusive).
     *
     * @param kernel computes
     * @param weights all packed weights
     * @param activations the session's memory
     * @param scratch offset of the elements among the activations that belong to the calling thread, {@link #scratchLength}
     *     of them
     * @param from first unit
     * @param to behind the last unit
     */
    void run(Kernel kernel, Memory weights, Memory activations, int scratch, int from, int to);
}
