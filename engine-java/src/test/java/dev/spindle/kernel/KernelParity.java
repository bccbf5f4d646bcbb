package dev.spindle.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.Network;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Fusion;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.Plan;
import dev.spindle.plan.Planner;
import dev.spindle.plan.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Holds a kernel against a double-precision reference, layer by layer on plans of networks that meet every tile edge:
 * each layer is run on what the kernel itself made of the layer before, in ranges cut at random, and compared on its
 * own. Shared by all backends' tests.
 *
 * <p>Checked: every value within {@code C * K * eps * (|bias| + sum of |x w|)}, the same bits where all values are small
 * integers, zeros in the lanes past the last channel, and not one float changed outside the result.
 */
public final class KernelParity {

    /** The constant of the bound; sums of K terms in one order stay below K roundings, 2 leaves room for the bias. */
    private static final double C = 2;

    private static final double EPS = Math.ulp(1f) / 2.0;

    private KernelParity() {}

    /** Everything, for a kernel that runs at speed. */
    public static Stream<DynamicTest> all(Kernel kernel) {
        return Stream.concat(quick(kernel), tests(kernel, ParityNetworks.wide(), false));
    }

    /** A part that a kernel without hardware support gets through in seconds. */
    public static Stream<DynamicTest> quick(Kernel kernel) {
        return Stream.of(
                        tests(kernel, ParityNetworks.pixels(kernel.layout()), false),
                        tests(kernel, ParityNetworks.channels(), false),
                        tests(kernel, ParityNetworks.channels(), true),
                        tests(kernel, ParityNetworks.sides(), false),
                        tests(kernel, ParityNetworks.published(), false),
                        tests(kernel, ParityNetworks.published(), true),
                        tests(kernel, ParityNetworks.variants(), false),
                        tests(kernel, ParityNetworks.segmenting(), false),
                        tests(kernel, ParityNetworks.detecting(), false),
                        Stream.of(
                                dynamicTest("clamp", () -> clamp(kernel)), dynamicTest("softmax", () -> softmax(kernel))))
                .flatMap(tests -> tests);
    }

    private static Stream<DynamicTest> tests(Kernel kernel, Map<String, Network> networks, boolean integers) {
        return networks.entrySet().stream()
                .map(named -> test(kernel, named.getKey() + (integers ? ", integers" : ""), named.getValue(), integers));
    }

    private static DynamicTest test(Kernel kernel, String name, Network network, boolean integers) {
        return dynamicTest(name, () -> {
            Case one = new Case(kernel, network, integers, name.hashCode());
            one.check();
            one.checkFused(Fusion.ALWAYS);
            one.checkFused(Fusion.AUTO);
        });
    }

    /** One network on one kernel. */
    private static final class Case {
        private final Kernel kernel;
        private final Layout layout;
        private final Network network;
        private final boolean integers;
        private final Random random;
        private final Weights weights;
        private final Plan plan;
        private final Memory memory;
        private final float[] image;
        private final List<float[]> expected = new ArrayList<>();
        private final float[] before;
        private final float[] after;

        Case(Kernel kernel, Network network, boolean integers, long seed) {
            this.kernel = kernel;
            this.layout = kernel.layout();
            this.network = network;
            this.integers = integers;
            this.random = new Random(seed);
            this.weights = integers ? integerWeights() : Weights.random(network, seed);
            this.plan = Planner.plan(network, weights, layout, Fusion.NEVER);
            this.memory = Memory.allocate(layout.memory(), plan.activationLength());
            this.image = new float[network.height() * network.width() * 3];
            this.before = new float[memory.length()];
            this.after = new float[memory.length()];
        }

        private Weights integerWeights() {
            Map<String, LayerWeights> layers = new HashMap<>();
            for (Conv conv : network.weighted()) {
                layers.put(conv.name(), LayerWeights.biased(
                        integers(Math.toIntExact(conv.weights()), 1), integers(conv.outputs(), 5)));
            }
            return Weights.of(network, layers);
        }

        private float[] integers(int count, int bound) {
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = random.nextInt(2 * bound + 1) - bound;
            }
            return values;
        }

        void check() {
            int row = network.width() * 3;
            for (int i = 0; i < image.length; i++) {
                image[i] = integers ? random.nextInt(7) - 3 : (float) random.nextGaussian();
            }
            for (int y = 0; y < network.height(); y++) {
                memory.write(plan.input().row(y), image, y * row, row);
            }
            for (Layer layer : plan.layers()) {
                memory.read(0, before, 0, before.length);
                for (int from = 0; from < layer.units(); ) {
                    int to = from + 1 + random.nextInt(layer.units() - from);
                    layer.run(kernel, plan.weights(), memory, 0, from, to);
                    from = to;
                }
                memory.read(0, after, 0, after.length);
                int[] region = switch (layer) {
                    case Stem stem -> stem(stem);
                    case Pointwise pointwise -> pointwise(pointwise);
                    case Depthwise depthwise -> depthwise(depthwise);
                    case GlobalAverage average -> average(average);
                    case Dense dense -> dense(dense);
                    case Broadcast broadcast -> broadcast(broadcast);
                    case ByteMapping mapping -> throw new AssertionError("planned: " + mapping);
                    case ChannelwisePair pair -> throw new AssertionError("planned: " + pair);
                    case PooledPointwise pooled -> throw new AssertionError("planned: " + pooled);
                    case FusedBlock block -> throw new AssertionError("planned: " + block);
                    case Softmax softmax -> throw new AssertionError("planned: " + softmax);
                    case Quantised quantised -> throw new AssertionError("planned: " + quantised);
                };
                for (int i = 0; i < after.length; i++) {
                    if (i < region[0] || i >= region[1]) {
                        assertEquals(
                                Float.floatToRawIntBits(before[i]), Float.floatToRawIntBits(after[i]),
                                layer.name() + " wrote outside its result, at " + i);
                    }
                }
            }
            for (FeatureMap map : ParityNetworks.results(plan)) {
                expected.add(map.read(memory, layout));
            }
            plan.weights().close();
            memory.close();
        }

        /** The whole network with layers fused or paired, cut at random, against the bits of the layers one by one. */
        void checkFused(Fusion fusion) {
            Plan fused = Planner.plan(network, weights, layout, fusion);
            int scratch = Memory.origin(layout.memory()) + fused.activationLength();
            Memory place = Memory.allocate(layout.memory(), fused.activationLength() + fused.scratchLength());
            int row = network.width() * 3;
            for (int y = 0; y < network.height(); y++) {
                place.write(fused.input().row(y), image, y * row, row);
            }
            // What scratch holds before must not matter.
            float[] garbage = new float[fused.scratchLength()];
            Arrays.fill(garbage, Float.NaN);
            for (Layer layer : fused.layers()) {
                for (int from = 0; from < layer.units(); ) {
                    int to = from + 1 + random.nextInt(layer.units() - from);
                    place.write(scratch, garbage, 0, garbage.length);
                    layer.run(kernel, fused.weights(), place, scratch, from, to);
                    from = to;
                }
            }
            List<FeatureMap> results = ParityNetworks.results(fused);
            for (int i = 0; i < results.size(); i++) {
                assertArrayEquals(
                        expected.get(i), results.get(i).read(place, layout), fusion + " " + results.get(i).name());
            }
            fused.weights().close();
            place.close();
        }

        private Conv conv(String name) {
            return network.convolutions().stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
        }

        private void expect(String name, int index, double exact, double magnitude, int terms, Activation activation) {
            double clamped = switch (activation) {
                case LINEAR -> exact;
                case RELU -> Math.max(0, exact);
                case RELU6 -> Math.min(6, Math.max(0, exact));
            };
            double bound = integers ? 0 : C * (terms + 1) * EPS * magnitude;
            assertTrue(
                    Math.abs(after[index] - clamped) <= bound,
                    () -> name + " at " + index + ": expected " + clamped + " within " + bound + ", found " + after[index]);
        }

        private int[] stem(Stem layer) {
            Conv conv = conv(layer.name());
            float[] w = weights.layer(layer.name()).kernel();
            float[] bias = weights.layer(layer.name()).bias().orElseThrow();
            int width = layer.tiling().pixels();
            int c = layout.channelBlock();
            int blocks = layout.blocks(conv.outputs());
            for (int channel = 0; channel < blocks * c; channel++) {
                for (int pixel = 0; pixel < layer.outputHeight() * width; pixel++) {
                    int index = layer.output() + (channel / c * layer.outputHeight() * width + pixel) * c + channel % c;
                    if (channel >= conv.outputs()) {
                        assertEquals(0f, after[index], layer.name() + ": lane past the last channel");
                        continue;
                    }
                    int y = 2 * (pixel / width);
                    int x = 2 * (pixel % width);
                    double sum = bias[channel];
                    double magnitude = Math.abs(sum);
                    for (int k = 0; k < Stem.K; k++) {
                        int row = k / Stem.ROW;
                        int at = layer.input() + (y + row) * layer.rowStride() + x * 3 + k % Stem.ROW;
                        double product = (double) before[at] * w[(channel * 3 + k % 3) * 9 + row * 3 + k % Stem.ROW / 3];
                        sum += product;
                        magnitude += Math.abs(product);
                    }
                    expect(layer.name(), index, sum, magnitude, Stem.K, conv.activation());
                }
            }
            return new int[] {layer.output(), layer.output() + blocks * c * layer.outputHeight() * width};
        }

        private int[] pointwise(Pointwise layer) {
            Conv conv = conv(layer.name());
            float[] w = weights.layer(layer.name()).kernel();
            float[] bias = weights.layer(layer.name()).bias().orElseThrow();
            int c = layout.channelBlock();
            int pixels = layer.tiling().pixels();
            int blocks = layout.blocks(conv.outputs());
            for (int channel = 0; channel < blocks * c; channel++) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    int within = channel / c * pixels * c + pixel * c + channel % c;
                    if (channel >= conv.outputs()) {
                        assertEquals(0f, after[layer.output() + within], layer.name() + ": lane past the last channel");
                        continue;
                    }
                    double sum = bias[channel];
                    double magnitude = Math.abs(sum);
                    if (layer.residual() >= 0) {
                        sum += before[layer.residual() + within];
                        magnitude += Math.abs(before[layer.residual() + within]);
                    }
                    for (int k = 0; k < conv.inputs(); k++) {
                        int lane = ParityNetworks.lane(layout, network, conv, k);
                        double product = (double) before[layer.input() + lane / c * pixels * c + pixel * c + lane % c]
                                * w[channel * conv.inputs() + k];
                        sum += product;
                        magnitude += Math.abs(product);
                    }
                    expect(layer.name(), layer.output() + within, sum, magnitude, conv.inputs(), conv.activation());
                }
            }
            return new int[] {layer.output(), layer.output() + blocks * c * pixels};
        }

        private int[] depthwise(Depthwise layer) {
            Conv conv = conv(layer.name());
            float[] w = weights.layer(layer.name()).kernel();
            float[] bias = weights.layer(layer.name()).bias().orElseThrow();
            int c = layout.channelBlock();
            int pixels = layer.outputHeight() * layer.outputWidth();
            for (int channel = 0; channel < layer.blocks() * c; channel++) {
                for (int pixel = 0; pixel < pixels; pixel++) {
                    int index = layer.output() + (channel / c * pixels + pixel) * c + channel % c;
                    if (channel >= conv.outputs()) {
                        assertEquals(0f, after[index], layer.name() + ": lane past the last channel");
                        continue;
                    }
                    double sum = bias[channel];
                    double magnitude = Math.abs(sum);
                    for (int tap = 0; tap < 9; tap++) {
                        int y = pixel / layer.outputWidth() * conv.stride() + tap / 3 * conv.dilation()
                                - network.padding().before(layer.height(), 3, conv.stride(), conv.dilation());
                        int x = pixel % layer.outputWidth() * conv.stride() + tap % 3 * conv.dilation()
                                - network.padding().before(layer.width(), 3, conv.stride(), conv.dilation());
                        if (y >= 0 && y < layer.height() && x >= 0 && x < layer.width()) {
                            int at = layer.input()
                                    + (channel / c * layer.height() * layer.width() + y * layer.width() + x) * c
                                    + channel % c;
                            double product = (double) before[at] * w[channel * 9 + tap];
                            sum += product;
                            magnitude += Math.abs(product);
                        }
                    }
                    expect(layer.name(), index, sum, magnitude, 9, conv.activation());
                }
            }
            return new int[] {layer.output(), layer.output() + layer.blocks() * c * pixels};
        }

        private int[] average(GlobalAverage layer) {
            int c = layout.channelBlock();
            for (int channel = 0; channel < layer.blocks() * c; channel++) {
                double sum = 0;
                double magnitude = 0;
                for (int pixel = 0; pixel < layer.pixels(); pixel++) {
                    float value = before[layer.input() + (channel / c * layer.pixels() + pixel) * c + channel % c];
                    sum += value;
                    magnitude += Math.abs(value);
                }
                double bound = C * (layer.pixels() + 2) * EPS * magnitude / layer.pixels();
                assertEquals(sum / layer.pixels(), after[layer.output() + channel], bound, layer.name() + " " + channel);
            }
            return new int[] {layer.output(), layer.output() + layer.blocks() * c};
        }

        private int[] broadcast(Broadcast layer) {
            int c = layer.channelBlock();
            for (int i = 0; i < layer.blocks() * layer.pixels() * c; i++) {
                int source = layer.input() + i / (layer.pixels() * c) * c + i % c;
                assertEquals(before[source], after[layer.output() + i], layer.name() + " at " + i);
            }
            return new int[] {layer.output(), layer.output() + layer.blocks() * layer.pixels() * c};
        }

        private int[] dense(Dense layer) {
            float[] w = weights.layer(layer.name()).kernel();
            float[] bias = weights.layer(layer.name()).bias().orElseThrow();
            int padded = layer.blocks() * layout.channelBlock();
            for (int output = 0; output < padded; output++) {
                if (output >= network.classes()) {
                    assertEquals(0f, after[layer.output() + output], layer.name() + ": lane past the last output");
                    continue;
                }
                double sum = bias[output];
                double magnitude = Math.abs(sum);
                for (int k = 0; k < layer.inputs(); k++) {
                    double product = (double) before[layer.input() + k] * w[output * layer.inputs() + k];
                    sum += product;
                    magnitude += Math.abs(product);
                }
                double bound = C * (layer.inputs() + 1) * EPS * magnitude;
                assertEquals(sum, after[layer.output() + output], bound, layer.name() + " " + output);
            }
            return new int[] {layer.output(), layer.output() + padded};
        }
    }

    /** The policy of {@link Clamp} on the values where kernels could differ. */
    private static void clamp(Kernel kernel) {
        float[] values = {
            -0f, 0f, -1f, 7f, 6f, Float.MIN_VALUE, -Float.MIN_VALUE, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY,
            Float.intBitsToFloat(0x7FC00000), Float.intBitsToFloat(0xFFC00000)
        };
        Layout layout = kernel.layout();
        int c = layout.channelBlock();
        int origin = Memory.origin(layout.memory());
        int room = values.length * c;
        for (Activation activation : Activation.values()) {
            Memory weights = Memory.allocate(layout.memory(), 2 * Memory.LINE);
            Memory activations = Memory.allocate(layout.memory(), 3 * room);
            // The residual carries the values past a product of zero and a bias of -0, which changes none of them.
            float[] bias = new float[c];
            Arrays.fill(bias, -0f);
            weights.write(origin + Memory.LINE, bias, 0, c);
            for (int i = 0; i < values.length; i++) {
                activations.write(origin + room + i * c, values, i, 1);
            }
            activations.write(origin, new float[room], 0, room);
            Tiling tiling = Tiling.of(layout, 1, values.length);
            Pointwise layer = new Pointwise(
                    "clamp", 0, origin, origin + Memory.LINE, origin, room, origin + 2 * room, room, origin + room, tiling,
                    Clamp.low(activation), Clamp.high(activation), tiling.units(), 0);
            kernel.pointwise(layer, weights, activations, layer.output(), 0, layer.units());
            int[] expected = new int[values.length];
            int[] found = new int[values.length];
            float[] one = new float[1];
            for (int i = 0; i < values.length; i++) {
                expected[i] = Float.floatToRawIntBits(
                        Clamp.apply(values[i] + -0f, Clamp.low(activation), Clamp.high(activation)));
                activations.read(origin + 2 * room + i * c, one, 0, 1);
                found[i] = Float.floatToRawIntBits(one[0]);
            }
            assertArrayEquals(expected, found, activation.toString());
            weights.close();
            activations.close();
        }
    }

    private static void softmax(Kernel kernel) {
        Layout layout = kernel.layout();
        int origin = Memory.origin(layout.memory());
        int count = 1001;
        Memory memory = Memory.allocate(layout.memory(), 2 * 1024);
        float[] logits = new float[count];
        Random random = new Random(5);
        for (int i = 0; i < count; i++) {
            logits[i] = (float) random.nextGaussian() * 30;
        }
        memory.write(origin, logits, 0, count);
        kernel.softmax(new Softmax("softmax", count, origin, origin + 1024), memory);
        float[] found = new float[count];
        memory.read(origin + 1024, found, 0, count);
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        for (int i = 0; i < count; i++) {
            assertEquals(Math.exp(logits[i] - max) / sum, found[i], 1e-6, "softmax " + i);
        }
        memory.close();
    }
}
