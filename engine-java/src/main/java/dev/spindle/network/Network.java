package dev.spindle.network;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A network of the MobileNet family: a backbone of stem and blocks, and what stands on it. Readers build it from what a
 * file says; {@link MobileNetV1} and {@link MobileNetV2} build it from the papers' parameters.
 *
 * @param architecture the family's name for people, such as {@code MobileNetV2 1.0}
 * @param height input height in pixels
 * @param width input width in pixels
 * @param padding where convolutions put their zeros
 * @param stem the 3x3 convolution of stride 2 on three colours
 * @param blocks the blocks in execution order
 * @param top what makes the result of the backbone's maps
 */
public record Network(
        String architecture,
        int height,
        int width,
        Padding padding,
        Conv stem,
        List<InvertedResidual> blocks,
        Top top) {

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
        for (Conv conv : top.convolutions()) {
            requireNew(names, conv.name());
        }
        top.requireInput(convolutions(stem, blocks), height, width);
    }

    /**
     * A classifier.
     *
     * @param architecture the family's name for people, such as {@code MobileNetV2 1.0}
     * @param height input height in pixels
     * @param width input width in pixels
     * @param padding where convolutions put their zeros
     * @param stem the 3x3 convolution of stride 2 on three colours
     * @param blocks the blocks in execution order
     * @param head the last 1x1 convolution before the pool; empty where the family has none
     * @param classes outputs of the dense layer
     */
    public Network(
            String architecture,
            int height,
            int width,
            Padding padding,
            Conv stem,
            List<InvertedResidual> blocks,
            Optional<Conv> head,
            int classes) {
        this(architecture, height, width, padding, stem, blocks, new Classifier(head, classes));
    }

    private static void requireNew(Set<String> names, String name) {
        if (!names.add(name)) {
            throw new IllegalArgumentException("two layers are named " + name);
        }
    }

    /** Channels of the backbone's last map. */
    public int channels() {
        return blocks.isEmpty() ? stem.outputs() : blocks.getLast().outputs();
    }

    /** A classifier's last 1x1 convolution before the pool; empty where there is none. */
    public Optional<Conv> head() {
        return top instanceof Classifier classifier ? classifier.head() : Optional.empty();
    }

    /** How many classes are told apart. */
    public int classes() {
        return top.classes();
    }

    /** The length of an embedding: channels after a classifier's pool. */
    public int features() {
        return top.features(channels());
    }

    /** The convolutions of the backbone in execution order. */
    public List<Conv> backbone() {
        return convolutions(stem, blocks);
    }

    private static List<Conv> convolutions(Conv stem, List<InvertedResidual> blocks) {
        List<Conv> all = new ArrayList<>();
        all.add(stem);
        for (InvertedResidual block : blocks) {
            all.addAll(block.convolutions());
        }
        return all;
    }

    /** All convolutions in execution order. */
    public List<Conv> convolutions() {
        List<Conv> all = backbone();
        all.addAll(top.convolutions());
        return all;
    }

    /** All layers with weights in execution order, dense ones as 1x1 convolutions. */
    public List<Conv> weighted() {
        List<Conv> all = backbone();
        all.addAll(top.weighted(channels()));
        return all;
    }

    /** Trainable parameters: kernels, batch normalisations' scales and shifts, biases of layers without normalisation. */
    public long parameters() {
        return backbone().stream().mapToLong(Conv::parameters).sum() + top.parameters(channels());
    }

    /** Multiply-accumulates of one image: convolutions and dense layers; pools and additions are not counted. */
    public long macs() {
        long sum = top.macs(backbone(), height, width);
        MapSize map = new MapSize(height, width);
        for (Conv conv : backbone()) {
            sum += conv.macs(map.rows(), map.columns());
            map = map.behind(conv);
        }
        return sum;
    }

    /** The product of the backbone's strides, with what dilation replaced left out. */
    public int outputStride() {
        return backbone().stream().mapToInt(Conv::stride).reduce(1, (a, b) -> a * b);
    }

    /**
     * The same network at another output stride; the weights are the same. Blocks that would step beyond it keep their
     * resolution, and those behind them are dilated by the rate that was not stepped (section 6.3); dilation that replaced steps
     * becomes steps again.
     *
     * @param wanted input pixels per pixel of the backbone's last map: 8, 16 or 32
     * @return a network whose {@link #outputStride} is no more than that; less, where there are not as many steps
     */
    public Network withOutputStride(int wanted) {
        if (wanted != 8 && wanted != 16 && wanted != 32) {
            throw new IllegalArgumentException("output stride " + wanted + ", expected 8, 16 or 32");
        }
        List<InvertedResidual> changed = new ArrayList<>();
        int reached = stem.stride();
        int rate = 1;
        for (int i = 0; i < blocks.size(); i++) {
            Conv depthwise = blocks.get(i).depthwise();
            // A block whose followers are more dilated than itself stepped once.
            int behind = i + 1 < blocks.size() ? blocks.get(i + 1).depthwise().dilation() : depthwise.dilation();
            int trained = depthwise.stride() * Math.max(1, behind / depthwise.dilation());
            boolean steps = reached * trained <= wanted;
            changed.add(blocks.get(i).with(steps ? trained : 1, rate));
            if (steps) {
                reached *= trained;
            } else {
                rate *= trained;
            }
        }
        return new Network(architecture, height, width, padding, stem, changed, top);
    }

    /** The same network for another input size; the weights are the same. */
    public Network withResolution(int newHeight, int newWidth) {
        return new Network(architecture, newHeight, newWidth, padding, stem, blocks, top);
    }

    /** The same backbone with something else on it. */
    public Network withTop(Top newTop) {
        return new Network(architecture, height, width, padding, stem, blocks, newTop);
    }
}
