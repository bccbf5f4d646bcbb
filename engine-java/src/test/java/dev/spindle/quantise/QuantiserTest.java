package dev.spindle.quantise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Precision;
import dev.spindle.Session;
import dev.spindle.image.Preprocessing;
import dev.spindle.kernel.Quantisation;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MobileNetV1;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.Sampling;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.QuantisedLayer;
import dev.spindle.plan.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class QuantiserTest {

    private static final Options SCALAR = new Options("scalar", 1);
    private static final QuantiserSettings PLAIN = new QuantiserSettings(RangeChoice.MIN_MAX, 99.9, false, false);
    private static final QuantiserSettings EQUALISED = new QuantiserSettings(RangeChoice.MIN_MAX, 99.9, false, true);

    /** With ReLU6 and with ReLU, with residual blocks and without, with a head and without, and with one for segmentation. */
    static Stream<Network> networks() {
        return Stream.of(
                MobileNetV2.builder().widthMultiplier(0.35).resolution(32).classes(10).build(),
                MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(10).build(),
                rectified(),
                segmenting(true, 24, 20),
                segmenting(false, 20, 24));
    }

    /** ReLU all through, and a sum with the stem's own map. */
    private static Network rectified() {
        InvertedResidual first = new InvertedResidual(
                "block1", Optional.empty(), Conv.depthwise("block1.depthwise", 16, 1, 1, Activation.RELU),
                Conv.pointwise("block1.project", 16, 16, Activation.LINEAR), true);
        InvertedResidual second = new InvertedResidual(
                "block2", Optional.of(Conv.pointwise("block2.expand", 16, 48, Activation.RELU)),
                Conv.depthwise("block2.depthwise", 48, 2, 1, Activation.RELU),
                Conv.pointwise("block2.project", 48, 24, Activation.LINEAR), false);
        Conv stem = Conv.full("stem", 3, 16, 3, 2, Activation.RELU);
        return new Network(
                "rectified", 24, 32, Padding.SAME, stem, List.of(first, second),
                Optional.of(Conv.pointwise("head", 24, 40, Activation.RELU)), 7);
    }

    private static Network segmenting(boolean pooledFirst, int pixels, int pooled) {
        return rectified().withTop(new DeepLab(
                Conv.pointwise("aspp", 24, pixels, Activation.RELU),
                Conv.pointwise("image_pooling", 24, pooled, Activation.RELU),
                Conv.pointwise("projection", pixels + pooled, 16, Activation.RELU),
                Conv.pointwise("logits", 16, 5, Activation.LINEAR), pooledFirst, Sampling.ALIGN_CORNERS));
    }

    private static Checkpoint checkpoint(Network network, Weights weights) {
        return new Checkpoint(
                network, weights, Preprocessing.TF, List.of(),
                new Checkpoint.Source("test", "test", Double.NaN, List.of(), List.of()));
    }

    /** Random weights, with channels of very different sizes behind each convolution: batch normalisation folded in. */
    private static Checkpoint uneven(Network network) {
        Weights even = Weights.random(network, 3);
        Random random = new Random(4);
        Map<String, LayerWeights> layers = new HashMap<>();
        for (Conv conv : network.weighted()) {
            float[] kernel = even.layer(conv.name()).kernel().clone();
            float[] bias = even.layer(conv.name()).bias().orElseThrow().clone();
            int each = kernel.length / conv.outputs();
            for (int channel = 0; channel < conv.outputs(); channel++) {
                float factor = (float) Math.exp(0.4 * random.nextGaussian());
                bias[channel] *= factor;
                for (int i = channel * each; i < (channel + 1) * each; i++) {
                    kernel[i] *= factor;
                }
            }
            layers.put(conv.name(), LayerWeights.biased(kernel, bias));
        }
        return checkpoint(network, Weights.of(network, layers));
    }

    private static CalibrationInputs inputs(Network network, int count) {
        List<float[]> inputs = new ArrayList<>();
        Random random = new Random(5);
        for (int i = 0; i < count; i++) {
            float[] input = new float[3 * network.height() * network.width()];
            float contrast = 0.2f + random.nextFloat();
            for (int j = 0; j < input.length; j++) {
                input[j] = Math.clamp(contrast * (float) random.nextGaussian(), -1, 1);
            }
            inputs.add(input);
        }
        return new CalibrationInputs() {
            @Override
            public int count() {
                return inputs.size();
            }

            @Override
            public float[] input(int index) {
                return inputs.get(index);
            }
        };
    }

    private static Checkpoint quantise(Checkpoint checkpoint, QuantiserSettings settings) {
        int[] done = new int[1];
        CalibrationInputs inputs = inputs(checkpoint.network(), 6);
        Checkpoint result = Quantiser.quantise(checkpoint, inputs, settings, SCALAR, () -> done[0]++);
        assertEquals(settings.passes() * inputs.count(), done[0]);
        return result;
    }

    private static float[][] logits(Checkpoint checkpoint, Precision precision) {
        CalibrationInputs inputs = inputs(checkpoint.network(), 6);
        try (Model model = Model.of(checkpoint, SCALAR.withPrecision(precision)); Session session = model.newSession()) {
            float[][] logits = new float[inputs.count()][session.logitsLength()];
            for (int i = 0; i < logits.length; i++) {
                session.run(inputs.input(i), logits[i]);
            }
            return logits;
        }
    }

    private static double rms(float[][] a, float[][] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            for (int c = 0; c < a[i].length; c++) {
                sum += Math.pow(a[i][c] - b[i][c], 2);
            }
        }
        return Math.sqrt(sum / a.length / a[0].length);
    }

    private static float[][] zeros(float[][] like) {
        return new float[like.length][like[0].length];
    }

    @ParameterizedTest
    @MethodSource("networks")
    void integersComeNearToFloats(Network network) {
        Checkpoint real = uneven(network);
        float[][] expected = logits(real, Precision.FP32);
        // Errors add up from block to block.
        double most = network.blocks().size() > 13 ? 0.35 : 0.05;
        for (RangeChoice ranges : RangeChoice.values()) {
            for (boolean option : new boolean[] {false, true}) {
                QuantiserSettings settings = new QuantiserSettings(ranges, 99.999, option, option);
                double error = rms(expected, logits(quantise(real, settings), Precision.INT8));
                double share = error / rms(expected, zeros(expected));
                assertTrue(share < most, network.architecture() + ", " + settings + ": " + share);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("networks")
    void equalisedNetworksAreTheSameFunction(Network network) {
        Checkpoint real = uneven(network).folded();
        Calibration calibration = Calibration.of(real, inputs(network, 6), SCALAR, () -> {});
        Checkpoint equalised = real.withWeights(Equalisation.apply(network, real.weights(), calibration));
        float[][] expected = logits(real, Precision.FP32);
        double scale = rms(expected, zeros(expected));
        assertEquals(0, rms(expected, logits(equalised, Precision.FP32)) / scale, 1e-3);
        Calibration after = Calibration.of(equalised, inputs(network, 6), SCALAR, () -> {});
        for (InvertedResidual block : network.blocks()) {
            String hidden = block.convolutions().getFirst().name();
            assertTrue(
                    evenness(after.map(hidden)) > evenness(calibration.map(hidden)),
                    hidden + ": channels use more of the range");
        }
    }

    /** The mean of the channels' magnitudes in magnitudes of the map. */
    private static double evenness(MapStatistics map) {
        double[] magnitudes = new double[map.channels()];
        Arrays.setAll(magnitudes, channel -> map.magnitude(channel, 0));
        return Arrays.stream(magnitudes).average().orElseThrow() / Arrays.stream(magnitudes).max().orElseThrow();
    }

    @Test
    void weightsAreNearestStepsOfAScaleAChannel() {
        Network network = networks().findFirst().orElseThrow();
        Checkpoint real = uneven(network);
        Checkpoint found = quantise(real, PLAIN);
        for (Conv conv : network.convolutions()) {
            QuantisedLayer layer = found.quantised().orElseThrow().layer(conv.name());
            float[] expected = real.weights().layer(conv.name()).kernel();
            float[] dequantised = found.weights().layer(conv.name()).kernel();
            int each = expected.length / conv.outputs();
            for (int channel = 0; channel < conv.outputs(); channel++) {
                int largest = 0;
                for (int i = channel * each; i < (channel + 1) * each; i++) {
                    largest = Math.max(largest, Math.abs(layer.kernel()[i]));
                    assertEquals(expected[i], dequantised[i], 0.501f * layer.scale(channel), conv.name());
                }
                assertEquals(127, largest, conv.name());
            }
        }
    }

    static Stream<Network> shallow() {
        return networks().filter(network -> network.blocks().size() == 2);
    }

    @ParameterizedTest
    @MethodSource("shallow")
    void correctedBiasesBringTheMeanNearer(Network network) {
        Checkpoint real = uneven(network);
        float[][] expected = logits(real, Precision.FP32);
        QuantiserSettings corrected = new QuantiserSettings(PLAIN.ranges(), PLAIN.percentile(), true, false);
        double without = meanError(expected, logits(dequantised(quantise(real, PLAIN)), Precision.FP32));
        double with = meanError(expected, logits(dequantised(quantise(real, corrected)), Precision.FP32));
        assertTrue(with < 0.7 * without, with + " and " + without);
    }

    private static Checkpoint dequantised(Checkpoint checkpoint) {
        return checkpoint.withWeights(checkpoint.weights());
    }

    private static double meanError(float[][] expected, float[][] found) {
        double sum = 0;
        for (int c = 0; c < expected[0].length; c++) {
            double error = 0;
            for (int i = 0; i < expected.length; i++) {
                error += found[i][c] - expected[i][c];
            }
            sum += Math.abs(error);
        }
        return sum;
    }

    @Test
    void everyPictureLevelHasAByte() {
        Quantisation input = quantise(uneven(rectified()), PLAIN).quantised().orElseThrow().ends().input();
        assertEquals(128, input.zeroPoint());
        for (int level = 0; level <= 255; level++) {
            float value = (level - 127.5f) / 127.5f;
            assertEquals(value, input.dequantise(input.quantise(value)), 0.501f * input.scale());
        }
    }

    @Test
    void whatNeverChangesIsQuantisedToo() {
        Network network = rectified();
        Map<String, LayerWeights> layers = new HashMap<>();
        for (Conv conv : network.convolutions()) {
            layers.put(conv.name(), LayerWeights.biased(new float[(int) conv.weights()], new float[conv.outputs()]));
        }
        float[] bias = {1, -2, 3, -4, 5, -6, 1000};
        layers.put(Network.CLASSIFIER, LayerWeights.biased(new float[40 * 7], bias));
        Checkpoint found = quantise(checkpoint(network, Weights.of(network, layers)), EQUALISED);
        for (float[] logits : logits(found, Precision.INT8)) {
            for (int c = 0; c < bias.length; c++) {
                assertEquals(bias[c], logits[c], 0.51f * 1006 / 255);
            }
        }
    }

    @Test
    void refusesMapsThatAreNotFinite() {
        Network network = rectified();
        Checkpoint real = uneven(network);
        Map<String, LayerWeights> layers = new HashMap<>();
        network.convolutions().forEach(conv -> layers.put(conv.name(), real.weights().layer(conv.name())));
        layers.put(Network.CLASSIFIER, real.weights().layer(Network.CLASSIFIER));
        float[] huge = new float[40];
        Arrays.fill(huge, 3e38f);
        layers.put("head", LayerWeights.biased(real.weights().layer("head").kernel(), huge));
        IllegalArgumentException refusal = assertThrows(
                IllegalArgumentException.class,
                () -> quantise(checkpoint(network, Weights.of(network, layers)), PLAIN));
        assertTrue(refusal.getMessage().startsWith("map pool: expected finite values, found "), refusal.getMessage());
    }

    /** A classifier decides once an input, the segmentation networks for each of 6x8 pixels. */
    @ParameterizedTest
    @MethodSource("networks")
    void lossCountsWhatAgrees(Network network) {
        Checkpoint real = uneven(network);
        Checkpoint found = quantise(real, QuantiserSettings.DEFAULT);
        int[] done = new int[1];
        Loss loss = Loss.measure(real, found, inputs(network, 6), SCALAR, () -> done[0]++);
        float[][] expected = logits(real, Precision.FP32);
        float[][] logits = logits(found, Precision.INT8);
        int decisions = network.top() instanceof DeepLab ? 6 * 6 * 8 : 6;
        int agreeing = 0;
        float difference = 0;
        for (int i = 0; i < expected.length; i++) {
            for (int c = 0; c < expected[i].length; c++) {
                difference = Math.max(difference, Math.abs(expected[i][c] - logits[i][c]));
            }
            for (int from = 0; from < expected[i].length; from += network.classes()) {
                float[] exact = Arrays.copyOfRange(expected[i], from, from + network.classes());
                float[] rounded = Arrays.copyOfRange(logits[i], from, from + network.classes());
                agreeing += best(exact) == best(rounded) ? 1 : 0;
            }
        }
        assertEquals(6, done[0]);
        assertEquals(6, loss.inputs());
        assertEquals(decisions, loss.decisions());
        assertEquals(agreeing, loss.agreeing());
        assertEquals(100.0 * agreeing / decisions, loss.agreement());
        assertEquals(difference, loss.largestDifference());
    }

    @Test
    void lossShowsByHowMuchClassesWereAhead() {
        Network network = networks().findFirst().orElseThrow();
        Checkpoint real = uneven(network);
        Checkpoint other = quantise(checkpoint(network, Weights.random(network, 8)), PLAIN);
        float[][] expected = logits(real, Precision.FP32);
        float[][] logits = logits(other, Precision.INT8);
        float margin = 0;
        for (int i = 0; i < expected.length; i++) {
            margin = Math.max(margin, expected[i][best(expected[i])] - expected[i][best(logits[i])]);
        }
        assertTrue(margin > 0);
        assertEquals(margin, Loss.measure(real, other, inputs(network, 6), SCALAR, () -> {}).largestMargin());
        assertEquals(0, Loss.measure(other, other, inputs(network, 1), SCALAR, () -> {}).largestMargin());
    }

    private static int best(float[] logits) {
        return Stream.iterate(0, c -> c < logits.length, c -> c + 1)
                .reduce((a, b) -> logits[b] > logits[a] ? b : a)
                .orElseThrow();
    }

    @Test
    void refusesAbsurdPercentiles() {
        for (double percentile : new double[] {50, -1, 100.1, Double.NaN}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new QuantiserSettings(RangeChoice.PERCENTILE, percentile, true, true));
        }
    }
}
