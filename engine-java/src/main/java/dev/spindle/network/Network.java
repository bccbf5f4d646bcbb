package dev.spindle.network;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A network of the MobileNet family: stem, blocks, head, global average pool, classifier. Readers build it from what a
 * file says; {@link MobileNetV1} and {@link MobileNetV2} build it from the papers' parameters.
 *
 * @param architecture the family's name for people, such as {@code MobileNetV2 1.0}
 * @param height input height in pixels
 * @param width input width in pixels
 * @param padding where convolutions put their zeros
 * @param stem the 3x3 convolution of stride 2 on three colours
 * @param blocks the blocks in execution order
 * @param head the last 1x1 convolution before the pool; empty where the family has none
 * @param classes outputs of the classifier, a dense layer with bias
 */
public record Network(
        String architecture,
        int height,
        int width,
        Padding padding,
        Conv stem,
        List<InvertedResidual> blocks,
        Optional<Conv> head,
        int classes) {

    /** The classifier's name among the weights. */
    public static final String CLASSIFIER = "classifier";

    /** The name of the pool, which has no weights. */
    public static final String POOL = "pool";

    /** The largest input side. */
    public static final int MAX_SIDE = 8192;

    /** Checks that each layer takes what the one before it gives. */
    public Network {
        Objects.requireNonNull(architecture, "architecture");
        Objects.requireNonNull(padding, "padding");
        blocks = List.copyOf(blocks);
        if (height < 1 || width < 1 || height > MAX_SIDE || width > MAX_SIDE) {
            throw new IllegalArgumentException(
                    "input of " + height + "x" + width + " pixels, expected 1 to " + MAX_SIDE + " a side");
        }
        if (classes < 1) {
            throw new IllegalArgumentException(classes + " classes, expected at least 1");
        }
        if (stem.kernel() != 3 || stem.stride() != 2 || stem.dilation() != 1 || stem.groups() != 1 || stem.inputs() != 3) {
            throw new IllegalArgumentException("stem " + stem + ", expected a 3x3 convolution of stride 2 on 3 channels");
        }
        int channels = stem.outputs();
        Set<String> names = new HashSet<>(Set.of(CLASSIFIER, POOL));
        requireNew(names, stem.name());
        for (InvertedResidual block : blocks) {
            if (block.inputs() != channels) {
                throw new IllegalArgumentException(
                        block.name() + " takes " + block.inputs() + " channels, but is given " + channels);
            }
            channels = block.outputs();
            for (Conv conv : block.convolutions()) {
                requireNew(names, conv.name());
            }
        }
        if (head.isPresent()) {
            requireNew(names, head.get().name());
            if (head.get().inputs() != channels) {
                throw new IllegalArgumentException(
                        "head takes " + head.get().inputs() + " channels, but is given " + channels);
            }
        }
    }

    private static void requireNew(Set<String> names, String name) {
        if (!names.add(name)) {
            throw new IllegalArgumentException("two layers are named " + name);
        }
    }

    /** Channels after the pool: the length of an embedding. */
    public int features() {
        return head.map(Conv::outputs).orElseGet(() -> blocks.isEmpty() ? stem.outputs() : blocks.getLast().outputs());
    }

    /** All convolutions in execution order. */
    public List<Conv> convolutions() {
        List<Conv> all = new ArrayList<>();
        all.add(stem);
        for (InvertedResidual block : blocks) {
            all.addAll(block.convolutions());
        }
        head.ifPresent(all::add);
        return all;
    }

    /** Trainable parameters: kernels, batch normalisations' scales and shifts, the classifier with its bias. */
    public long parameters() {
        long sum = (long) (features() + 1) * classes;
        for (Conv conv : convolutions()) {
            sum += conv.parameters();
        }
        return sum;
    }

    /** Multiply-accumulates of one image: convolutions and classifier; the pool and additions are not counted. */
    public long macs() {
        long sum = (long) features() * classes;
        int h = height;
        int w = width;
        for (Conv conv : convolutions()) {
            sum += conv.macs(h, w);
            h = Padding.outputSize(h, conv.stride());
            w = Padding.outputSize(w, conv.stride());
        }
        return sum;
    }

    /** The product of all strides, with what dilation replaced left out. */
    public int outputStride() {
        int stride = 1;
        for (Conv conv : convolutions()) {
            stride *= conv.stride();
        }
        return stride;
    }

    /** The same network for another input size; the weights are the same. */
    public Network withResolution(int newHeight, int newWidth) {
        return new Network(architecture, newHeight, newWidth, padding, stem, blocks, head, classes);
    }
}
