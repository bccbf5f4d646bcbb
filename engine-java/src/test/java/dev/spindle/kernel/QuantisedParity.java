package dev.spindle.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Fusion;
import dev.spindle.plan.Plan;
import dev.spindle.plan.Planner;
import dev.spindle.plan.QuantisedConcatenation;
import dev.spindle.plan.QuantisedLayer;
import dev.spindle.plan.QuantisedNetworks;
import dev.spindle.plan.QuantisedWeights;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Holds a kernel's integers against TensorFlow Lite's arithmetic, written down a second time from its definition: layer by
 * layer as {@link KernelParity} does, every byte equal, and nothing changed outside the result. Shared by all backends' tests.
 */
public final class QuantisedParity {

    private QuantisedParity() {}

    /** Everything, for a kernel that runs at speed. */
    public static Stream<DynamicTest> all(Kernel kernel) {
        return Stream.concat(quick(kernel), tests(kernel, ParityNetworks.wide(), QuantisedNetworks.Style.PLAIN));
    }

    /** A part that a kernel without hardware support gets through in seconds. */
    public static Stream<DynamicTest> quick(Kernel kernel) {
        Layout layout = kernel.quantised().orElseThrow().layout();
        Stream<DynamicTest> channels = Arrays.stream(QuantisedNetworks.Style.values())
                .flatMap(style -> tests(kernel, ParityNetworks.channels(), style));
        return Stream.of(
                        tests(kernel, ParityNetworks.pixels(layout), QuantisedNetworks.Style.PLAIN),
                        channels,
                        tests(kernel, ParityNetworks.sides(), QuantisedNetworks.Style.PLAIN),
                        tests(kernel, ParityNetworks.sides(), QuantisedNetworks.Style.EXTREMES),
                        tests(kernel, ParityNetworks.published(), QuantisedNetworks.Style.PLAIN),
                        tests(kernel, ParityNetworks.published(), QuantisedNetworks.Style.EXTREMES),
                        tests(kernel, ParityNetworks.variants(), QuantisedNetworks.Style.PLAIN),
                        tests(kernel, ParityNetworks.segmenting(), QuantisedNetworks.Style.PLAIN),
                        tests(kernel, ParityNetworks.segmenting(), QuantisedNetworks.Style.TIES))
                .flatMap(tests -> tests);
    }

    private static Stream<DynamicTest> tests(
            Kernel kernel, Map<String, Network> networks, QuantisedNetworks.Style style) {
        return networks.entrySet().stream().map(named -> {
            String name = named.getKey() + ", " + style;
            return dynamicTest(name, () -> {
                Case one = new Case(kernel, named.getValue(), name.hashCode(), style);
                one.check();
                one.checkFused(Fusion.ALWAYS);
                one.checkFused(Fusion.AUTO);
            });
        });
    }

    /** {@code x * factor} as fixed point has it: both roundings, from their definition. */
    private static long scaled(long x, double factor) {
        int shift = Math.getExponent(factor) + 1;
        long value = new BigDecimal(factor)
                .multiply(BigDecimal.TWO.pow(200))
                .divide(BigDecimal.TWO.pow(200 - 31 + shift), 0, RoundingMode.HALF_UP)
                .longValueExact();
        return value == 1L << 31 ? scaled(x, 1L << 30, shift + 1) : scaled(x, value, shift);
    }

    private static long scaled(long x, long value, int shift) {
        long left = Math.clamp(x << Math.max(shift, 0), Integer.MIN_VALUE, Integer.MAX_VALUE);
        long high = Math.floorDiv(left * value + (1L << 30), 1L << 31);
        long half = shift < 0 ? 1L << -shift - 1 : 0;
        long magnitude = Math.abs(high) + half >> Math.max(-shift, 0);
        return high < 0 ? -magnitude : magnitude;
    }

    /** One network on one kernel. */
    private static final class Case {
        private final Kernel kernel;
        private final Layout layout;
        private final Network network;
        private final Random random;
        private final QuantisedWeights weights;
        private final byte[] image;
        private int[] before;
        private int[] after;
        private final List<float[]> expected = new ArrayList<>();

        Case(Kernel kernel, Network network, long seed, QuantisedNetworks.Style style) {
            this.kernel = kernel;
            this.layout = kernel.quantised().orElseThrow().layout();
            this.network = network;
            this.random = new Random(seed);
            this.weights = QuantisedNetworks.random(network, seed, style);
            this.image = new byte[3 * network.height() * network.width()];
            random.nextBytes(image);
        }

        /** A byte as an element of a map. */
        private int element(int stored, Quantisation of) {
            return layout.isCentred() ? stored - of.zeroPoint() : stored;
        }

        /** An element before the layer, as steps from the zero point. */
        private int steps(int index, Quantisation of) {
            return layout.isCentred() ? before[index] : before[index] - of.zeroPoint();
        }

        private void stage(Plan plan, Memory memory) {
            int row = 3 * network.width();
            for (int y = 0; y < network.height(); y++) {
                if (layout.isCentred()) {
                    float[] steps = new float[row];
                    for (int i = 0; i < row; i++) {
                        steps[i] = (image[y * row + i] & 0xff) - weights.ends().input().zeroPoint();
                    }
                    memory.write(plan.input().row(y), steps, 0, row);
                } else {
                    memory.write(plan.input().row(y), image, y * row, row);
                }
            }
        }

        private static int[] read(Memory memory, int offset, int count) {
            int[] values = new int[count];
            memory.readIntegers(offset, values, 0, count);
            return values;
        }

        void check() {
            Plan plan = Planner.plan(network, weights, layout, Fusion.NEVER);
            Memory memory = plan.newActivations(0);
            stage(plan, memory);
            after = read(memory, 0, memory.length());
            for (Layer layer : plan.layers()) {
                before = after;
                for (int from = 0; from < layer.units(); ) {
                    int to = from + 1 + random.nextInt(layer.units() - from);
                    layer.run(kernel, plan.weights(), memory, 0, from, to);
                    from = to;
                }
                after = read(memory, 0, memory.length());
                int[] region = switch (layer) {
                    case QuantisedStem stem -> stem(stem.shape());
                    case QuantisedPointwise pointwise -> pointwise(pointwise.shape());
                    case QuantisedDepthwise depthwise -> depthwise(depthwise.shape());
                    case QuantisedGlobalAverage average -> average(average.shape());
                    case QuantisedDense dense -> dense(dense.shape());
                    case Broadcast broadcast -> broadcast(broadcast);
                    case ByteMapping mapping -> mapping(mapping);
                    default -> throw new AssertionError("planned: " + layer);
                };
                for (int i = 0; i < after.length; i++) {
                    if (i < region[0] || i >= region[1]) {
                        assertEquals(before[i], after[i], layer.name() + " wrote outside its result, at " + i);
                    }
                }
            }
            for (FeatureMap map : ParityNetworks.results(plan)) {
                expected.add(map.read(memory, layout));
            }
            plan.weights().close();
            memory.close();
        }

        /** The whole network with layers fused or paired, cut at random, against the layers one by one. */
        void checkFused(Fusion fusion) {
            Plan fused = Planner.plan(network, weights, layout, fusion);
            int scratch = layout.origin() + fused.activationLength();
            Memory memory = fused.newActivations(1);
            stage(fused, memory);
            for (Layer layer : fused.layers()) {
                for (int from = 0; from < layer.units(); ) {
                    int to = from + 1 + random.nextInt(layer.units() - from);
                    spoil(memory, scratch, fused.scratchLength());
                    layer.run(kernel, fused.weights(), memory, scratch, from, to);
                    from = to;
                }
            }
            List<FeatureMap> results = ParityNetworks.results(fused);
            for (int i = 0; i < results.size(); i++) {
                assertArrayEquals(
                        expected.get(i), results.get(i).read(memory, layout), fusion + " " + results.get(i).name());
            }
            fused.weights().close();
            memory.close();
        }

        /** What scratch holds before must not matter. */
        private void spoil(Memory memory, int offset, int count) {
            if (layout.isCentred()) {
                float[] garbage = new float[count];
                Arrays.fill(garbage, Float.NaN);
                memory.write(offset, garbage, 0, count);
            } else {
                byte[] garbage = new byte[count];
                random.nextBytes(garbage);
                memory.write(offset, garbage, 0, count);
            }
        }

        private Conv conv(String name) {
            return network.convolutions().stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
        }

        /** The byte that a channel's sum becomes, with bias and activation. */
        private int convolved(String name, int channel, long sum, Activation activation) {
            QuantisedLayer layer = weights.layer(name);
            Quantisation input = weights.input(network, name);
            float scale = layer.scales()[layer.scales().length == 1 ? 0 : channel];
            double product = layer.roundedProduct() ? input.scale() * scale : (double) input.scale() * scale;
            int zero = layer.output().zeroPoint();
            long stored = zero + scaled(layer.bias()[channel] + sum, product / layer.output().scale());
            int low = activation == Activation.LINEAR ? 0 : zero;
            int high = activation == Activation.RELU6 ? Math.min(255, zero + Math.round(6 / layer.output().scale())) : 255;
            return (int) Math.max(low, Math.min(high, stored));
        }

        private void expect(String name, int index, int stored, Quantisation of) {
            if (element(stored, of) != after[index]) {
                assertEquals(element(stored, of), after[index], name + " at " + index);
            }
        }

        private int[] stem(Stem shape) {
            Conv conv = network.stem();
            short[] w = weights.layer(conv.name()).kernel();
            int width = shape.tiling().pixels();
            int pixels = shape.outputHeight() * width;
            int c = layout.channelBlock();
            for (int channel = 0; channel < conv.outputs(); channel++) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    long sum = 0;
                    for (int k = 0; k < Stem.K; k++) {
                        int row = k / Stem.ROW;
                        int at = shape.input() + (2 * (pixel / width) + row) * shape.rowStride() + pixel % width * 6 + k % 9;
                        sum += (long) steps(at, weights.ends().input()) * w[(channel * 3 + k % 3) * 9 + row * 3 + k % 9 / 3];
                    }
                    expect(
                            conv.name(), shape.output() + (channel / c * pixels + pixel) * c + channel % c,
                            convolved(conv.name(), channel, sum, conv.activation()), weights.layer(conv.name()).output());
                }
            }
            return new int[] {shape.output(), shape.output() + layout.padded(conv.outputs()) * pixels};
        }

        private int[] pointwise(Pointwise shape) {
            Conv conv = conv(shape.name());
            short[] w = weights.layer(conv.name()).kernel();
            Quantisation input = weights.input(network, conv.name());
            int pixels = shape.tiling().pixels();
            int c = layout.channelBlock();
            for (int channel = 0; channel < conv.outputs(); channel++) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    long sum = 0;
                    for (int k = 0; k < conv.inputs(); k++) {
                        int lane = ParityNetworks.lane(layout, network, conv, k);
                        int at = shape.input() + (lane / c * pixels + pixel) * c + lane % c;
                        sum += (long) steps(at, input) * w[channel * conv.inputs() + k];
                    }
                    int within = (channel / c * pixels + pixel) * c + channel % c;
                    int own = convolved(conv.name(), channel, sum, conv.activation());
                    if (shape.residual() < 0) {
                        expect(conv.name(), shape.output() + within, own, weights.layer(conv.name()).output());
                    } else {
                        expectSum(conv, shape.output() + within, own, shape.residual() + within);
                    }
                }
            }
            return new int[] {shape.output(), shape.output() + layout.padded(conv.outputs()) * pixels};
        }

        private void expectSum(Conv project, int index, int own, int residual) {
            InvertedResidual block = network.blocks().stream()
                    .filter(candidate -> candidate.project().equals(project))
                    .findFirst()
                    .orElseThrow();
            Quantisation first = weights.layer(project.name()).output();
            Quantisation second = weights.input(network, block.convolutions().getFirst().name());
            Quantisation output = weights.output(block);
            double twice = 2.0 * Math.max(first.scale(), second.scale());
            long sum = scaled((long) (own - first.zeroPoint()) << 20, first.scale() / twice)
                    + scaled((long) steps(residual, second) << 20, second.scale() / twice);
            long stored = output.zeroPoint() + scaled(sum, twice / (1024.0 * 1024 * output.scale()));
            expect(block.name(), index, (int) Math.max(0, Math.min(255, stored)), output);
        }

        private int[] depthwise(Depthwise shape) {
            Conv conv = conv(shape.name());
            short[] w = weights.layer(conv.name()).kernel();
            Quantisation input = weights.input(network, conv.name());
            int pixels = shape.outputHeight() * shape.outputWidth();
            int top = network.padding().before(shape.height(), 3, conv.stride(), conv.dilation());
            int left = network.padding().before(shape.width(), 3, conv.stride(), conv.dilation());
            int c = layout.channelBlock();
            for (int channel = 0; channel < conv.outputs(); channel++) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    long sum = 0;
                    for (int tap = 0; tap < 9; tap++) {
                        int y = pixel / shape.outputWidth() * conv.stride() + tap / 3 * conv.dilation() - top;
                        int x = pixel % shape.outputWidth() * conv.stride() + tap % 3 * conv.dilation() - left;
                        if (y >= 0 && y < shape.height() && x >= 0 && x < shape.width()) {
                            int at = shape.input()
                                    + ((channel / c * shape.height() + y) * shape.width() + x) * c + channel % c;
                            sum += (long) steps(at, input) * w[channel * 9 + tap];
                        }
                    }
                    expect(
                            conv.name(), shape.output() + (channel / c * pixels + pixel) * c + channel % c,
                            convolved(conv.name(), channel, sum, conv.activation()), weights.layer(conv.name()).output());
                }
            }
            return new int[] {shape.output(), shape.output() + layout.padded(conv.outputs()) * pixels};
        }

        private int[] average(GlobalAverage shape) {
            Quantisation input = weights.lastMap(network);
            Quantisation output = weights.pool().output();
            int pixels = shape.pixels();
            int c = layout.channelBlock();
            for (int channel = 0; channel < network.features(); channel++) {
                long sum = 0;
                for (int pixel = 0; pixel < pixels; pixel++) {
                    sum += steps(shape.input() + (channel / c * pixels + pixel) * c + channel % c, input);
                }
                long stored;
                if (weights.pool().mean()) {
                    stored = output.zeroPoint() + mean(sum, pixels, (double) input.scale() / output.scale());
                } else {
                    // Signed bytes average as signed ones, where halves go away from zero.
                    int offset = weights.ends().signedMaps() ? 128 : 0;
                    long total = sum + (long) pixels * (input.zeroPoint() - offset);
                    stored = offset + (total > 0 ? (total + pixels / 2) / pixels : (total - pixels / 2) / pixels);
                }
                expect(shape.name(), shape.output() + channel, (int) Math.max(0, Math.min(255, stored)), output);
            }
            return new int[] {shape.output(), shape.output() + layout.padded(network.features())};
        }

        /** The multiplier of the scales divided by the count, whose remainder is dropped. */
        private static long mean(long sum, int count, double factor) {
            int shift = Math.getExponent(factor) + 1;
            long value = Math.round(factor * Math.pow(2, 31 - shift));
            int bits = 0;
            while (2 << bits <= count) {
                bits++;
            }
            return scaled(sum, (value << bits) / count, shift - bits);
        }

        private int[] broadcast(Broadcast layer) {
            int c = layer.channelBlock();
            for (int i = 0; i < layer.blocks() * layer.pixels() * c; i++) {
                int source = layer.input() + i / (layer.pixels() * c) * c + i % c;
                assertEquals(before[source], after[layer.output() + i], layer.name() + " at " + i);
            }
            return new int[] {layer.output(), layer.output() + layer.blocks() * layer.pixels() * c};
        }

        /** A branch of a segmentation head, whose bytes become those of the map that it is joined to. */
        private int[] mapping(ByteMapping layer) {
            DeepLab top = (DeepLab) network.top();
            QuantisedConcatenation joint = weights.concatenation().orElseThrow();
            boolean pooled = layer.name().startsWith(top.imagePooling().name());
            Conv conv = pooled ? top.imagePooling() : top.aspp();
            Quantisation own = weights.layer(conv.name()).output();
            Quantisation joined = pooled ? joint.imagePooling() : joint.aspp();
            int c = layout.channelBlock();
            int pixels = layer.blockLength() / c;
            for (int channel = 0; channel < conv.outputs(); channel++) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    int at = layer.map() + (channel / c * pixels + pixel) * c + channel % c;
                    long stored = steps(at, own) + own.zeroPoint();
                    if (!own.equals(joined)) {
                        stored = joined.zeroPoint()
                                + scaled(stored - own.zeroPoint(), (double) own.scale() / joined.scale());
                        stored = Math.max(0, Math.min(255, stored));
                    }
                    if (!joined.equals(joint.output())) {
                        float scale = joined.scale() * (1 / joint.output().scale());
                        float value = stored * scale + -joined.zeroPoint() * scale;
                        stored = Math.round(Math.abs(value)) * (value < 0 ? -1 : 1) + joint.output().zeroPoint();
                        stored = Math.max(0, Math.min(255, stored));
                    }
                    expect(layer.name(), at, (int) stored, joint.output());
                }
            }
            return new int[] {layer.map(), layer.map() + layer.blocks() * layer.blockLength()};
        }

        private int[] dense(Dense shape) {
            short[] w = weights.layer(shape.name()).kernel();
            for (int output = 0; output < network.classes(); output++) {
                long sum = 0;
                for (int k = 0; k < shape.inputs(); k++) {
                    sum += (long) steps(shape.input() + k, weights.pool().output()) * w[output * shape.inputs() + k];
                }
                expect(
                        shape.name(), shape.output() + output, convolved(shape.name(), output, sum, Activation.LINEAR),
                        weights.layer(Network.CLASSIFIER).output());
            }
            return new int[] {shape.output(), shape.output() + shape.blocks() * layout.channelBlock()};
        }
    }
}
