package dev.spindle.plan;

import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.network.Network;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a session runs: packed weights, layers in execution order, and where input and results stand in a session's
 * memory. Immutable; one plan serves any number of sessions.
 *
 * @param network the description it was made from
 * @param layout what the kernel wants
 * @param weights all packed weights
 * @param layers in execution order, without the softmax
 * @param maps what each of them makes; where layers are fused, the last
 * @param activationLength elements that a session needs, behind the memory's origin
 * @param scratchLength elements that each thread of a session needs for itself, behind the activations
 * @param input where the padded input is staged
 * @param fills what a session's memory holds before its first run, where that is not 0
 * @param kept the maps that stand in memory once all layers have run, by the layers that make them: those that were
 *     asked for
 * @param outputs what the network's top leaves
 * @param integers what a plan of integers takes, and how the model itself stores input and output; empty in one of fp32
 */
public record Plan(
        Network network,
        Layout layout,
        Memory weights,
        List<Layer> layers,
        List<FeatureMap> maps,
        int activationLength,
        int scratchLength,
        StagedInput input,
        List<Fill> fills,
        Map<String, FeatureMap> kept,
        Outputs outputs,
        Optional<QuantisedWeights.Ends> integers) {

    /** Copies the lists. */
    public Plan {
        layers = List.copyOf(layers);
        maps = List.copyOf(maps);
        kept = Map.copyOf(kept);
        fills = List.copyOf(fills);
    }

    /** What a classifier leaves; throws {@link IllegalStateException} where the network is none. */
    public Outputs.Classified classified() {
        if (outputs instanceof Outputs.Classified classified) {
            return classified;
        }
        throw new IllegalStateException(network.architecture() + " is not a classifier");
    }

    /**
     * The logits that a session gives: a vector, or of a segmentation network a map; throws {@link IllegalStateException} where
     * the network is a detector.
     */
    public FeatureMap logits() {
        return switch (outputs) {
            case Outputs.Classified classified -> classified.logits();
            case Outputs.Segmented segmented -> segmented.logits();
            case Outputs.Detected _ -> throw new IllegalStateException(network.architecture() + " has no logits");
        };
    }

    /** The last layers, which images of a batch go through together; empty where each goes through all of them alone. */
    public Optional<Outputs.Tail> tail() {
        return outputs instanceof Outputs.Classified classified ? Optional.of(classified.tail()) : Optional.empty();
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
