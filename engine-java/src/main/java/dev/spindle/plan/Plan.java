package dev.spindle.plan;

import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Quantisation;
import dev.spindle.network.Network;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a session runs: packed weights, layers in execution order, and where input and results stand in a session's
 * memory. Immutable; one plan serves any number of sessions.
 *
 * @param network the description it was made from
 * @param layout what the kernel wants
 * @param weights all packed weights
 * @param layers in execution order, without the softmax
 * @param activationLength elements that a session needs, behind the memory's origin
 * @param scratchLength elements that each thread of a session needs for itself, behind the activations
 * @param input where the padded input is staged
 * @param fills what a session's memory holds before its first run, where that is not 0
 * @param tail the last layers, which images of a batch go through together
 * @param features offset of the pooled features, {@link Network#features} elements
 * @param logits offset of the logits, {@link Network#classes} elements
 * @param integers what input, features and logits stand for; empty in a plan of fp32
 */
public record Plan(
        Network network,
        Layout layout,
        Memory weights,
        List<Layer> layers,
        int activationLength,
        int scratchLength,
        StagedInput input,
        List<Fill> fills,
        Tail tail,
        int features,
        int logits,
        Optional<Integers> integers) {

    /** Copies the lists. */
    public Plan {
        layers = List.copyOf(layers);
        fills = List.copyOf(fills);
    }

    /**
     * Memory for activations, with what {@link #fills} say in it.
     *
     * @param threads which may run at once, each with its scratch
     */
    public Memory newActivations(int threads) {
        Memory memory = layout.allocate(Math.addExact(activationLength, Math.multiplyExact(threads, scratchLength)));
        for (Fill fill : fills) {
            byte[] value = new byte[fill.length];
            Arrays.fill(value, (byte) fill.value);
            memory.write(fill.offset, value, 0, value.length);
        }
        return memory;
    }

    /**
     * Elements of one value, in maps of bytes.
     *
     * @param offset of the first
     * @param length how many
     * @param value 1 to 255
     */
    public record Fill(int offset, int length, int value) {}

    /**
     * What a plan of integers takes and gives.
     *
     * @param ends the input, and how the model itself stores input and output
     * @param features what the bytes of the pooled features stand for
     * @param logits what the bytes in front of the softmax stand for
     */
    public record Integers(QuantisedWeights.Ends ends, Quantisation features, Quantisation logits) {}

    /**
     * The classifier, whose weights are many and whose activations are few: the images of a batch go through it together,
     * each in a memory of its own, panel of weights by panel. Offsets are the same as in the memory of one image, and no
     * scratch is needed.
     *
     * @param from index of its first layer
     * @param input offset of what it reads from the layers before
     * @param inputLength how many elements that are, lanes past the last channel included
     * @param length elements that each image needs, behind the memory's origin
     */
    public record Tail(int from, int input, int inputLength, int length) {}

    /**
     * The region into which an NHWC image is copied, with the zeros that stand around it: the stem then needs no care
     * for edges.
     *
     * @param offset first element of the region
     * @param rowStride elements a row, border included
     * @param top zero rows above the image
     * @param left zero columns left of it
     */
    public record StagedInput(int offset, int rowStride, int top, int left) {

        /** The offset of row {@code y} of the image. */
        public int row(int y) {
            return offset + (y + top) * rowStride + left * 3;
        }
    }
}
