package dev.spindle.weights;

import dev.spindle.network.Classifier;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MobileNetV1;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.SsdLite;
import dev.spindle.network.Top;
import java.util.ArrayList;
import java.util.List;

/** Names a network by the published one that it is, or says how it differs. */
final class Architecture {

    /** A width multiplier of the published networks with the divisor of its channel counts. */
    private record Published(double multiplier, int divisor) {

        /** The paper's network, or MobileNet-Caffe's. */
        Network network(boolean caffe) {
            MobileNetV2.Builder builder = caffe ? MobileNetV2.caffe() : MobileNetV2.builder();
            return builder.widthMultiplier(multiplier).divisor(divisor).build();
        }
    }

    /** 1.1 and 1.2 are timm's depth-scaled networks; the others are those of the TensorFlow and PyTorch sources. */
    private static final List<Published> PUBLISHED = List.of(
            new Published(1.0, 8),
            new Published(1.4, 8),
            new Published(1.3, 8),
            new Published(1.2, 8),
            new Published(1.1, 8),
            new Published(0.75, 8),
            new Published(0.5, 8),
            new Published(0.35, 8),
            new Published(0.25, 8),
            new Published(0.1, 4));

    private static final List<Double> PUBLISHED_FIRST = List.of(1.0, 0.75, 0.5, 0.25);

    private Architecture() {}

    /**
     * Describes a network in a few words, such as {@code MobileNetV2 1.0}, or
     * {@code MobileNetV2 1.2, stem 32, head 1280, 22 blocks} where something differs from the published network of that
     * width, or {@code MobileNetV2, stem 16, 17 blocks} where no published width fits.
     */
    static String describe(Conv stem, List<InvertedResidual> blocks, Top top) {
        return backbone(stem, blocks, top) + switch (top) {
            case Classifier _ -> "";
            case DeepLab _ -> ", DeepLabv3 head";
            case SsdLite _ -> ", SSDLite head";
        };
    }

    private static String backbone(Conv stem, List<InvertedResidual> blocks, Top top) {
        if (blocks.stream().allMatch(block -> block.expand().isEmpty())) {
            return describeFirst(stem, blocks, top);
        }
        boolean caffe = blocks.getFirst().expand().isPresent()
                && strides(blocks).equals(strides(MobileNetV2.caffe().build().blocks()));
        for (Published published : PUBLISHED) {
            Network network = published.network(caffe);
            if (stages(network.blocks()).equals(stages(blocks)) && expansions(network.blocks()).equals(expansions(blocks))) {
                return network.architecture() + differences(network, stem, blocks, top);
            }
        }
        return "MobileNetV2, stem " + stem.outputs() + ", " + blocks.size() + " blocks";
    }

    private static String describeFirst(Conv stem, List<InvertedResidual> blocks, Top top) {
        for (double multiplier : PUBLISHED_FIRST) {
            Network network = MobileNetV1.builder().widthMultiplier(multiplier).build();
            if (outputs(network.blocks()).equals(outputs(blocks)) && strides(network.blocks()).equals(strides(blocks))) {
                return network.architecture() + differences(network, stem, blocks, top);
            }
        }
        return "MobileNetV1, stem " + stem.outputs() + ", " + blocks.size() + " blocks";
    }

    private static List<Integer> outputs(List<InvertedResidual> blocks) {
        return blocks.stream().map(InvertedResidual::outputs).toList();
    }

    private static List<Integer> strides(List<InvertedResidual> blocks) {
        return blocks.stream().map(InvertedResidual::stride).toList();
    }

    private static String differences(
            Network network, Conv stem, List<InvertedResidual> blocks, Top top) {
        StringBuilder text = new StringBuilder();
        if (stem.outputs() != network.stem().outputs()) {
            text.append(", stem ").append(stem.outputs());
        }
        if (top instanceof Classifier classifier
                && !classifier.head().map(Conv::outputs).equals(network.head().map(Conv::outputs))) {
            text.append(classifier.head().map(conv -> ", head " + conv.outputs()).orElse(", no head"));
        }
        if (blocks.size() != network.blocks().size()) {
            text.append(", ").append(blocks.size()).append(" blocks");
        }
        return text.toString();
    }

    /** The blocks' output channels without repeats: what depth scaling leaves as it is. */
    private static List<Integer> stages(List<InvertedResidual> blocks) {
        List<Integer> channels = new ArrayList<>();
        for (InvertedResidual block : blocks) {
            if (channels.isEmpty() || channels.getLast() != block.outputs()) {
                channels.add(block.outputs());
            }
        }
        return channels;
    }

    /** The blocks' expansion factors without repeats. */
    private static List<Double> expansions(List<InvertedResidual> blocks) {
        List<Double> factors = new ArrayList<>();
        for (InvertedResidual block : blocks) {
            double factor = block.hidden() / (double) block.inputs();
            if (factors.isEmpty() || factors.getLast() != factor) {
                factors.add(factor);
            }
        }
        return factors;
    }
}
