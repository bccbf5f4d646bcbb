package dev.spindle.kernel.scalar;

import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Multiplier;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.QuantisedDense;
import dev.spindle.kernel.QuantisedDepthwise;
import dev.spindle.kernel.QuantisedGlobalAverage;
import dev.spindle.kernel.QuantisedKernel;
import dev.spindle.kernel.QuantisedPointwise;
import dev.spindle.kernel.QuantisedStem;
import dev.spindle.kernel.QuantisedSum;
import dev.spindle.kernel.Requantisation;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import java.util.Arrays;

/**
 * The readable reference for networks in integers: plain loops on planes, as in {@link ScalarKernel}. Maps hold u - z as
 * floats, so that padding adds nothing. Results are summed up in integers of the calling thread: loops from one Java array to
 * another of the same type are not vectorised by the JVM's compilers, since the two might be one.
 */
final class ScalarQuantisedKernel implements QuantisedKernel {

    /** Pixels of a tile: small enough that the sums stay in the first cache while the inputs stream by. */
    private static final int TILE_PIXELS = 1024;

    private static final Layout LAYOUT = new Layout(
            1, Memory.Kind.HEAP, Memory.Element.FLOAT, Memory.Element.INT, TILE_PIXELS, TILE_PIXELS, 0, 1, false);

    /** Kept from call to call. */
    private static final ThreadLocal<int[]> SUMS = ThreadLocal.withInitial(() -> new int[TILE_PIXELS]);

    @Override
    public Layout layout() {
        return LAYOUT;
    }

    @Override
    public void stem(QuantisedStem layer, Memory weights, Memory activations, int from, int to) {
        int[] w = weights.ints();
        float[] a = activations.array();
        Stem shape = layer.shape();
        Tiling tiling = shape.tiling();
        int width = tiling.pixels();
        int[] sums = sums(width);
        for (int y = from; y < to; y++) {
            int input = shape.input() + 2 * y * shape.rowStride();
            for (int channel = 0; channel < tiling.blocks(); channel++) {
                int tile = channel / 2;
                int vectors = tiling.vectors(tile);
                int weight = shape.weights() + tiling.firstBlock(tile) * Stem.K + channel % 2;
                int output = shape.output() + (channel * shape.outputHeight() + y) * width;
                Arrays.fill(sums, 0, width, layer.requantisation().biases()[channel]);
                for (int k = 0; k < Stem.K; k++) {
                    int tap = input + k / Stem.ROW * shape.rowStride() + k % Stem.ROW;
                    addScaled(sums, 0, w[weight + k * vectors], a, tap, Stem.PIXEL_STRIDE, width);
                }
                requantise(layer.requantisation(), channel, sums, a, output, width);
            }
        }
    }

    @Override
    public void pointwise(QuantisedPointwise layer, Memory weights, Memory activations, int place, int from, int to) {
        int[] w = weights.ints();
        float[] a = activations.array();
        Pointwise shape = layer.shape();
        Tiling tiling = shape.tiling();
        int[] sums = sums(TILE_PIXELS);
        int start = 0;
        for (int tile = 0; start < to; tile++) {
            int vectors = tiling.vectors(tile);
            int pixelTiles = tiling.pixelTiles(vectors);
            int last = Math.min(pixelTiles, to - start);
            int weight = shape.weights() + tiling.firstBlock(tile) * shape.inputs();
            for (int p = Math.max(0, from - start); p < last; p++) {
                int first = tiling.firstPixel(p, pixelTiles);
                int count = tiling.firstPixel(p + 1, pixelTiles) - first;
                for (int v = 0; v < vectors; v++) {
                    int channel = tiling.firstBlock(tile) + v;
                    int output = place + channel * shape.outputBlockStride() + first;
                    Arrays.fill(sums, 0, count, layer.requantisation().biases()[channel]);
                    for (int k = 0; k < shape.inputs(); k++) {
                        int input = shape.input() + k * shape.inputBlockStride() + first;
                        addScaled(sums, 0, w[weight + k * vectors + v], a, input, 1, count);
                    }
                    requantise(layer.requantisation(), channel, sums, a, output, count);
                    if (layer.sum().isPresent()) {
                        int residual = shape.residual() + channel * shape.outputBlockStride() + first;
                        add(layer.sum().get(), a, output, residual, count);
                    }
                }
            }
            start += pixelTiles;
        }
    }

    @Override
    public void depthwise(QuantisedDepthwise layer, Memory weights, Memory activations, int from, int to) {
        int[] w = weights.ints();
        float[] a = activations.array();
        Depthwise shape = layer.shape();
        int[] sums = sums(shape.outputWidth());
        for (int unit = from; unit < to; unit++) {
            int channel = unit / shape.outputHeight();
            int y = unit % shape.outputHeight();
            int input = shape.input() + channel * shape.inputBlockStride();
            int output = shape.output() + channel * shape.outputBlockStride() + y * shape.outputWidth();
            Arrays.fill(sums, 0, shape.outputWidth(), layer.requantisation().biases()[channel]);
            for (int tap = 0; tap < Depthwise.TAPS; tap++) {
                int row = y * shape.stride() - shape.padTop() + tap / 3 * shape.dilation();
                if (row < 0 || row >= shape.height()) {
                    continue;
                }
                int shift = tap % 3 * shape.dilation() - shape.padLeft();
                int x = Math.max(0, (shape.stride() - 1 - shift) / shape.stride());
                int end = Math.min(shape.outputWidth(), (shape.width() - 1 - shift) / shape.stride() + 1);
                if (shift < shape.width() && x < end) {
                    int weight = w[shape.weights() + channel * Depthwise.TAPS + tap];
                    int first = input + row * shape.width() + x * shape.stride() + shift;
                    addScaled(sums, x, weight, a, first, shape.stride(), end - x);
                }
            }
            requantise(layer.requantisation(), channel, sums, a, output, shape.outputWidth());
        }
    }

    @Override
    public void globalAverage(QuantisedGlobalAverage layer, Memory activations, int place, int from, int to) {
        float[] a = activations.array();
        int pixels = layer.shape().pixels();
        for (int channel = from; channel < to; channel++) {
            int input = place + channel * pixels;
            int sum = 0;
            for (int p = 0; p < pixels; p++) {
                sum += (int) a[input + p];
            }
            a[layer.shape().output() + channel] = layer.apply(sum) - layer.output().zeroPoint();
        }
    }

    @Override
    public void dense(QuantisedDense layer, Memory weights, Memory activations, int from, int to) {
        int[] w = weights.ints();
        float[] a = activations.array();
        int inputs = layer.shape().inputs();
        for (int output = from; output < to; output++) {
            int sum = layer.requantisation().biases()[output];
            int weight = layer.shape().weights() + output * inputs;
            for (int k = 0; k < inputs; k++) {
                sum += w[weight + k] * (int) a[layer.shape().input() + k];
            }
            a[layer.shape().output() + output] =
                    layer.requantisation().apply(output, sum) - layer.output().zeroPoint();
        }
    }

    private static void addScaled(int[] y, int to, int scale, float[] x, int from, int step, int count) {
        if (step == 1) {
            for (int i = 0; i < count; i++) {
                y[to + i] += scale * (int) x[from + i];
            }
        } else {
            for (int i = 0; i < count; i++) {
                y[to + i] += scale * (int) x[from + i * step];
            }
        }
    }

    private static int[] sums(int count) {
        int[] sums = SUMS.get();
        if (sums.length < count) {
            sums = new int[count];
            SUMS.set(sums);
        }
        return sums;
    }

    /** From sums to steps of the result's scale. */
    private static void requantise(Requantisation by, int channel, int[] sums, float[] y, int to, int count) {
        int value = by.multipliers()[channel];
        int shift = by.shifts()[channel];
        int low = by.low() - by.output().zeroPoint();
        int high = by.high() - by.output().zeroPoint();
        if (shift < 0) {
            long half = 1L << -shift - 1;
            for (int i = 0; i < count; i++) {
                // Multiplier.apply without branches, which the JVM's compilers vectorise.
                long product = ((long) sums[i] * value + (1L << 30)) >> 31;
                y[to + i] = Math.min(Math.max((int) ((product + half + (product >> 63)) >> -shift), low), high);
            }
        } else {
            for (int i = 0; i < count; i++) {
                y[to + i] = Math.clamp(Multiplier.apply(sums[i], value, shift), low, high);
            }
        }
    }

    private static void add(QuantisedSum sum, float[] y, int to, int residual, int count) {
        for (int i = 0; i < count; i++) {
            y[to + i] = sum.apply((int) y[to + i], (int) y[residual + i]) - sum.output().zeroPoint();
        }
    }
}
