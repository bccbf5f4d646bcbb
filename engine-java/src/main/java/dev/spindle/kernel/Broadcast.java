package dev.spindle.kernel;

/**
 * One pixel's channels at every pixel of a map: what resizing a map of one pixel gives. A unit is one channel block.
 *
 * @param name the layer's name
 * @param blocks channel blocks
 * @param channelBlock elements a channel block
 * @param pixels of the result
 * @param input offset of the pixel, {@code [blocks][c]}
 * @param output offset of the result, {@code [blocks][pixels][c]}
 */
public record Broadcast(String name, int blocks, int channelBlock, int pixels, int input, int output) implements Layer {

    @Override
    public int units() {
        return blocks;
    }

    @Override
    public long macs() {
        return 0;
    }

    @Override
    public void run(Kernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        for (int block = from; block < to; block++) {
            activations.repeat(input + block * channelBlock, channelBlock, output + block * pixels * channelBlock, pixels);
        }
    }
}
