package dev.spindle.kernel;

/**
 * The mean over all pixels of each channel: the sum in pixel order, times {@code 1 / pixels}. A unit is one channel
 * block.
 *
 * @param name the layer's name
 * @param blocks channel blocks
 * @param pixels pixels of the map
 * @param input offset of the map, {@code [blocks][pixels][c]}
 * @param output offset of the means, {@code [blocks][c]}: the channels in order
 */
public record GlobalAverage(String name, int blocks, int pixels, int input, int output) implements Average {

    @Override
    public int units() {
        return blocks;
    }

    @Override
    public long macs() {
        return 0;
    }

    @Override
    public GlobalAverage shape() {
        return this;
    }

    @Override
    public void runFrom(Kernel kernel, Memory activations, int place, int from, int to) {
        kernel.globalAverage(this, activations, place, from, to);
    }

    @Override
    public void run(Kernel kernel, Memory weightMemory, Memory activations, int scratch, int from, int to) {
        runFrom(kernel, activations, input, from, to);
    }
}
