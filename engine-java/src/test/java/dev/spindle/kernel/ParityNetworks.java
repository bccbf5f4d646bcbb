package dev.spindle.kernel;

import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MobileNetV1;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.Sampling;
import dev.spindle.network.SsdLite;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Outputs;
import dev.spindle.plan.Plan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Networks, by what is special about each, that together meet every edge of a kernel's tiles. */
final class ParityNetworks {

    private static final int MOST_PIXELS = 60;

    private ParityNetworks() {}

    /** Up to two full tiles of pixels and one more. */
    static Map<String, Network> pixels(Layout layout) {
        Map<String, Network> networks = new LinkedHashMap<>();
        int widest = 2 * Math.max(layout.rows1(), layout.rows2()) + 1;
        for (int pixels = 1; pixels <= Math.min(widest, MOST_PIXELS); pixels++) {
            networks.put(
                    pixels + " pixels",
                    network(2, 2 * pixels, new int[] {9, 17, 3}, 1, 1, Padding.SYMMETRIC, Activation.RELU6));
        }
        return networks;
    }

    /** One channel, and around every multiple of a channel block. */
    static Map<String, Network> channels() {
        Map<String, Network> networks = new LinkedHashMap<>();
        for (int channels : new int[] {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 47, 48, 49, 79, 80, 144}) {
            int[] all = {channels, channels + 1, channels};
            Activation activation = channels % 2 == 0 ? Activation.RELU6 : Activation.RELU;
            networks.put(channels + " channels", network(9, 11, all, 1, 1, Padding.SAME, activation));
        }
        return networks;
    }

    /** Maps from one pixel on, with both strides, dilation, and both paddings. */
    static Map<String, Network> sides() {
        Map<String, Network> networks = new LinkedHashMap<>();
        for (int side : new int[] {1, 2, 3, 4, 5, 6, 9, 15, 30}) {
            for (Padding padding : Padding.values()) {
                for (int stride = 1; stride <= 2; stride++) {
                    for (int dilation : new int[] {1, 2, 4}) {
                        networks.put(
                                side + "x" + (side + 3) + " stride " + stride + " dilation " + dilation + " " + padding,
                                network(
                                        side, side + 3, new int[] {3, 18, 6}, stride, dilation, padding, Activation.RELU6));
                    }
                }
            }
        }
        return networks;
    }

    /** A narrow published network of each family; fp32 holds their sums of small integers. */
    static Map<String, Network> published() {
        Map<String, Network> networks = new LinkedHashMap<>();
        networks.put("width 0.35", MobileNetV2.builder().widthMultiplier(0.35).resolution(32).classes(10).build());
        networks.put(
                "V1 of width 0.25", MobileNetV1.builder().widthMultiplier(0.25).resolution(31, 38).classes(10).build());
        return networks;
    }

    /** Narrow networks that differ from the published ones. */
    static Map<String, Network> variants() {
        Map<String, Network> networks = new LinkedHashMap<>();
        networks.put(
                "width 0.1, divisor 4",
                MobileNetV2.builder().widthMultiplier(0.1).divisor(4).resolution(31).classes(1001).build());
        networks.put("width 0.35 of Caffe", MobileNetV2.caffe().widthMultiplier(0.35).resolution(33).classes(10).build());
        return networks;
    }

    /** A narrow backbone with a detection head, which reads a map inside a block. */
    static Map<String, Network> detecting() {
        Network backbone = MobileNetV2.builder().widthMultiplier(0.35).resolution(73, 60).build();
        return Map.of("detection", SsdLite.on(backbone, 3));
    }

    /** A narrow backbone with a segmentation head, at every output stride, with channels around a block and both orders. */
    static Map<String, Network> segmenting() {
        Map<String, Network> networks = new LinkedHashMap<>();
        for (int stride : new int[] {8, 16, 32}) {
            Network backbone = MobileNetV2.builder().widthMultiplier(0.35).resolution(73, 60).outputStride(stride).build();
            int channels = backbone.channels();
            int pooled = stride + 1;
            int pixels = 40 - stride;
            DeepLab top = new DeepLab(
                    Conv.pointwise("aspp", channels, pixels, Activation.RELU),
                    Conv.pointwise("image_pooling", channels, pooled, Activation.RELU),
                    Conv.pointwise("projection", pooled + pixels, 19, Activation.RELU),
                    Conv.pointwise("logits", 19, stride - 3, Activation.LINEAR),
                    stride != 16,
                    Sampling.ALIGN_CORNERS);
            networks.put("segmentation at output stride " + stride, new Network(
                    backbone.architecture(), backbone.height(), backbone.width(), backbone.padding(), backbone.stem(),
                    backbone.blocks(), top));
        }
        return networks;
    }

    /** Where in a map the channel stands that an input of a 1x1 convolution is: branches begin with blocks of their own. */
    static int lane(Layout layout, Network network, Conv conv, int input) {
        if (!(network.top() instanceof DeepLab top) || !conv.equals(top.projection())) {
            return input;
        }
        int first = top.pooledFirst() ? top.imagePooling().outputs() : top.aspp().outputs();
        return input < first ? input : input - first + layout.padded(first);
    }

    /** What a plan's top leaves. */
    static List<FeatureMap> results(Plan plan) {
        return switch (plan.outputs()) {
            case Outputs.Classified classified -> List.of(classified.features(), classified.logits());
            case Outputs.Segmented segmented -> List.of(segmented.features(), segmented.logits());
            case Outputs.Detected detected ->
                    Stream.concat(detected.boxes().stream(), detected.classes().stream()).toList();
        };
    }

    /** The others, at small sizes. */
    static Map<String, Network> wide() {
        Map<String, Network> networks = new LinkedHashMap<>();
        for (double width : new double[] {0.25, 0.5, 0.75, 1.0, 1.3, 1.4}) {
            networks.put(
                    "width " + width,
                    MobileNetV2.builder().widthMultiplier(width).resolution(33, 40).classes(37).build());
        }
        for (double width : new double[] {0.5, 0.75, 1.0}) {
            networks.put(
                    "V1 of width " + width,
                    MobileNetV1.builder().widthMultiplier(width).resolution(33, 40).classes(37).build());
        }
        for (int stride : new int[] {8, 16}) {
            for (Padding padding : Padding.values()) {
                networks.put(
                        "output stride " + stride + " " + padding,
                        MobileNetV2.builder()
                                .widthMultiplier(0.35).resolution(50, 46).classes(5).outputStride(stride).padding(padding)
                                .build());
            }
        }
        return networks;
    }

    /** Stem to {@code channels[0]}, a block that expands to {@code channels[1]}, one with a skip, head, classifier. */
    private static Network network(
            int height, int width, int[] channels, int stride, int dilation, Padding padding, Activation activation) {
        int in = channels[0];
        int hidden = channels[1];
        int out = channels[2];
        List<InvertedResidual> blocks = List.of(
                new InvertedResidual(
                        "a", Optional.of(Conv.pointwise("a.expand", in, hidden, activation)),
                        Conv.depthwise("a.depthwise", hidden, stride, dilation, activation),
                        Conv.pointwise("a.project", hidden, out, Activation.LINEAR), false),
                new InvertedResidual(
                        "b", Optional.of(Conv.pointwise("b.expand", out, hidden, activation)),
                        Conv.depthwise("b.depthwise", hidden, 1, dilation, activation),
                        Conv.pointwise("b.project", hidden, out, Activation.LINEAR), true),
                new InvertedResidual(
                        "c", Optional.empty(), Conv.depthwise("c.depthwise", out, 1, 1, activation),
                        Conv.pointwise("c.project", out, out, Activation.LINEAR), true));
        return new Network(
                "test", height, width, padding, Conv.full("stem", 3, in, 3, 2, activation), blocks,
                Optional.of(Conv.pointwise("head", out, hidden, activation)), hidden + 3);
    }
}
