package dev.spindle.kernel;

/**
 * A map of bytes that becomes one of another scale, each byte by itself and in its place. A unit is one channel block.
 *
 * @param name the layer's name
 * @param blocks channel blocks
 * @param blockLength elements of a block
 * @param map offset of the map
 * @param results the new byte of each of the 256, lanes past the last channel included; not copied and not to be changed
 * @param zeroBefore what the elements are counted from: the zero point where the layout is centred, else 0
 * @param zeroBehind the same of the result
 */
public record ByteMapping(
        String name, int blocks, int blockLength, int map, byte[] results, int zeroBefore, int zeroBehind)
        implements Layer {

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
        for (int i = map + from * blockLength; i < map + to * blockLength; i++) {
            int before = activations.integer(i) + zeroBefore;
            activations.setInteger(i, Byte.toUnsignedInt(results[before]) - zeroBehind);
        }
    }
}
