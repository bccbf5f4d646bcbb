package dev.spindle.plan;

import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.network.Network;
import java.util.List;

/**
 * What a session runs: packed weights, layers in execution order, and where input and results stand in a session's
 * memory. Immutable; one plan serves any number of sessions.
 *
 * @param network the description it was made from
 * @param layout what the kernel wants
 * @param weights all packed weights
 * @param layers in execution order, without the softmax
 * @param activationFloats what a session needs, behind the memory's origin
 * @param scratchFloats what each thread of a session needs for itself, behind the activations
 * @param input where the padded input is staged
 * @param tail the last layers, which images of a batch go through together
 * @param features offset of the pooled features, {@link Network#features} floats
 * @param logits offset of the logits, {@link Network#classes} floats
 */
public record Plan(
        Network network,
        Layout layout,
        Memory weights,
        List<Layer> layers,
        int activationFloats,
        int scratchFloats,
        StagedInput input,
        Tail tail,
        int features,
        int logits) {

    /** Copies the list. */
    public Plan {
        layers = List.copyOf(layers);
    }

    /**
     * The classifier, whose weights are many and whose activations are few: the images of a batch go through it together,
     * each in a memory of its own, panel of weights by panel. Offsets are the same as in the memory of one image, and no
     * scratch is needed.
     *
     * @param from index of its first layer
     * @param input offset of what it reads from the layers before
     * @param inputFloats how many floats that are, lanes past the last channel included
     * @param floats what each image needs, behind the memory's origin
     */
    public record Tail(int from, int input, int inputFloats, int floats) {}

    /**
     * The region into which an NHWC image is copied, with the zeros that stand around it: the stem then needs no care
     * for edges.
     *
     * @param offset first float of the region
     * @param rowStride floats a row, border included
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
