package dev.spindle.kernel;

/**
 * {@code exp(x - max) / sum} over a vector. One unit.
 *
 * @param name the layer's name
 * @param count elements
 * @param input offset of the logits
 * @param output offset of the probabilities; may be the input
 */
public record Softmax(String name, int count, int input, int output) implements Layer {

    @Override
    public int units() {
        return 1;
    }

    @Override
    public long macs() {
        return 0;
    }

    @Override
    public void run(Kernel kernel, Memory weightMemory, Memory activations, int scratch, int from, int to) {
        kernel.softmax(this, activations);
    }
}
