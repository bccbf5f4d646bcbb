package dev.spindle.kernel;

/** A pool over all pixels, whatever its numbers. */
public sealed interface Average extends Channelwise permits GlobalAverage, QuantisedGlobalAverage {

    /** Where everything stands. */
    GlobalAverage shape();

    @Override
    default int unitsPerBlock() {
        return 1;
    }

    /**
     * Computes the units {@code from} to {@code to}.
     *
     * @param input where the first channel block of the map would stand
     */
    void runFrom(Kernel kernel, Memory activations, int input, int from, int to);
}
