package dev.spindle.weights;

import dev.spindle.Checkpoint;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.SsdLite;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The forward pass by definition, in double precision: slow, and nothing else in it. */
final class DoubleReference {

    /** Activations, channel by channel, row-major. */
    private record Map(double[][][] values) {

        int channels() {
            return values.length;
        }

        int height() {
            return values[0].length;
        }

        int width() {
            return values[0][0].length;
        }
    }

    private final Checkpoint checkpoint;

    DoubleReference(Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
    }

    /**
     * Logits of one picture; of a segmentation network {@code [height][width][classes]}, before they are enlarged.
     *
     * @param nhwc preprocessed pixels, channels last
     * @param offset where the picture begins in {@code nhwc}
     */
    double[] logits(float[] nhwc, int offset) {
        Network network = checkpoint.network();
        Map map = conv(input(nhwc, offset), network.stem());
        for (InvertedResidual block : network.blocks()) {
            map = block(block, map);
        }
        if (network.top() instanceof DeepLab top) {
            return segment(map, top);
        }
        if (network.head().isPresent()) {
            map = conv(map, network.head().get());
        }
        return dense(average(map));
    }

    private double[] segment(Map map, DeepLab top) {
        double[] features = average(map);
        double[][][] pixel = new double[features.length][1][1];
        for (int c = 0; c < features.length; c++) {
            pixel[c][0][0] = features[c];
        }
        double[][][] pooled = conv(new Map(pixel), top.imagePooling()).values();
        double[][][] aspp = conv(map, top.aspp()).values();
        double[][][] joined = new double[pooled.length + aspp.length][map.height()][map.width()];
        for (int c = 0; c < joined.length; c++) {
            int own = top.pooledFirst() ? c - pooled.length : c;
            if (own >= 0 && own < aspp.length) {
                joined[c] = aspp[own];
            } else {
                for (double[] row : joined[c]) {
                    Arrays.fill(row, pooled[top.pooledFirst() ? c : c - aspp.length][0][0]);
                }
            }
        }
        Map logits = conv(conv(new Map(joined), top.projection()), top.logits());
        double[] nhwc = new double[logits.channels() * logits.height() * logits.width()];
        for (int i = 0; i < nhwc.length; i++) {
            int at = i / logits.channels();
            nhwc[i] = logits.values()[i % logits.channels()][at / logits.width()][at % logits.width()];
        }
        return nhwc;
    }

    private Map block(InvertedResidual block, Map in) {
        Map map = block.expand().isPresent() ? conv(in, block.expand().get()) : in;
        map = conv(conv(map, block.depthwise()), block.project());
        return block.residual() ? sum(map, in) : map;
    }

    /**
     * Predictions of a detector for one picture whose tap is the expansion of a block: boxes, then classes, each anchor by
     * anchor, as {@link dev.spindle.Session#predict} gives them.
     */
    double[][] predictions(float[] nhwc) {
        Network network = checkpoint.network();
        SsdLite ssd = (SsdLite) network.top();
        List<Map> maps = new ArrayList<>();
        Map map = conv(input(nhwc, 0), network.stem());
        for (InvertedResidual block : network.blocks()) {
            if (block.expand().isPresent() && block.expand().get().name().equals(ssd.tap())) {
                maps.add(conv(map, block.expand().get()));
            }
            map = block(block, map);
        }
        map = conv(map, ssd.last());
        maps.add(map);
        for (InvertedResidual extra : ssd.extras()) {
            map = block(extra, map);
            maps.add(map);
        }
        List<Double> boxes = new ArrayList<>();
        List<Double> classes = new ArrayList<>();
        for (int i = 0; i < maps.size(); i++) {
            predict(ssd.predictors().get(i).boxes(), maps.get(i), boxes);
            predict(ssd.predictors().get(i).classes(), maps.get(i), classes);
        }
        return new double[][] {
            boxes.stream().mapToDouble(Double::doubleValue).toArray(),
            classes.stream().mapToDouble(Double::doubleValue).toArray()
        };
    }

    private void predict(SsdLite.Branch branch, Map map, List<Double> values) {
        Map filtered = branch.depthwise().isPresent() ? conv(map, branch.depthwise().get()) : map;
        Map predicted = conv(filtered, branch.project());
        for (int y = 0; y < predicted.height(); y++) {
            for (int x = 0; x < predicted.width(); x++) {
                for (int c = 0; c < predicted.channels(); c++) {
                    values.add(predicted.values()[c][y][x]);
                }
            }
        }
    }

    private Map input(float[] nhwc, int offset) {
        int height = checkpoint.network().height();
        int width = checkpoint.network().width();
        double[][][] values = new double[3][height][width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) {
                    values[c][y][x] = nhwc[offset + (y * width + x) * 3 + c];
                }
            }
        }
        return new Map(values);
    }

    private Map conv(Map in, Conv conv) {
        LayerWeights weights = checkpoint.weights().layer(conv.name());
        Padding padding = checkpoint.network().padding();
        int top = padding.before(in.height(), conv.kernel(), conv.stride(), conv.dilation());
        int left = padding.before(in.width(), conv.kernel(), conv.stride(), conv.dilation());
        int height = Padding.outputSize(in.height(), conv.stride());
        int width = Padding.outputSize(in.width(), conv.stride());
        int inputs = conv.inputsPerGroup();
        int outputsPerGroup = conv.outputs() / conv.groups();
        double[][][] out = new double[conv.outputs()][height][width];
        for (int o = 0; o < conv.outputs(); o++) {
            int firstInput = o / outputsPerGroup * inputs;
            for (int i = 0; i < inputs; i++) {
                double[][] plane = in.values()[firstInput + i];
                for (int ky = 0; ky < conv.kernel(); ky++) {
                    for (int kx = 0; kx < conv.kernel(); kx++) {
                        double weight =
                                weights.kernel()[((o * inputs + i) * conv.kernel() + ky) * conv.kernel() + kx];
                        for (int y = 0; y < height; y++) {
                            int row = y * conv.stride() + ky * conv.dilation() - top;
                            if (row < 0 || row >= in.height()) {
                                continue;
                            }
                            for (int x = 0; x < width; x++) {
                                int column = x * conv.stride() + kx * conv.dilation() - left;
                                if (column >= 0 && column < in.width()) {
                                    out[o][y][x] += weight * plane[row][column];
                                }
                            }
                        }
                    }
                }
            }
            for (double[] row : out[o]) {
                for (int x = 0; x < width; x++) {
                    row[x] = activate(normalise(row[x], o, weights), conv.activation());
                }
            }
        }
        return new Map(out);
    }

    private static double normalise(double sum, int channel, LayerWeights weights) {
        double biased = sum + weights.bias().map(bias -> bias[channel]).orElse(0f);
        Optional<BatchNorm> norm = weights.batchNorm();
        if (norm.isEmpty()) {
            return biased;
        }
        BatchNorm n = norm.get();
        return n.gamma()[channel] * (biased - n.mean()[channel]) / Math.sqrt(n.variance()[channel] + n.epsilon())
                + n.beta()[channel];
    }

    private static double activate(double value, Activation activation) {
        return switch (activation) {
            case LINEAR -> value;
            case RELU -> Math.max(value, 0);
            case RELU6 -> Math.clamp(value, 0, 6);
        };
    }

    private static Map sum(Map a, Map b) {
        double[][][] out = new double[a.channels()][a.height()][a.width()];
        for (int c = 0; c < a.channels(); c++) {
            for (int y = 0; y < a.height(); y++) {
                for (int x = 0; x < a.width(); x++) {
                    out[c][y][x] = a.values()[c][y][x] + b.values()[c][y][x];
                }
            }
        }
        return new Map(out);
    }

    private static double[] average(Map map) {
        double[] out = new double[map.channels()];
        for (int c = 0; c < map.channels(); c++) {
            for (double[] row : map.values()[c]) {
                for (double value : row) {
                    out[c] += value / (map.height() * map.width());
                }
            }
        }
        return out;
    }

    private double[] dense(double[] features) {
        LayerWeights weights = checkpoint.weights().layer(Network.CLASSIFIER);
        double[] out = new double[checkpoint.network().classes()];
        for (int o = 0; o < out.length; o++) {
            int output = o;
            double sum = weights.bias().map(bias -> bias[output]).orElse(0f);
            for (int i = 0; i < features.length; i++) {
                sum += features[i] * weights.kernel()[o * features.length + i];
            }
            out[o] = sum;
        }
        return out;
    }
}
