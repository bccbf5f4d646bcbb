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
 * The readable reference for networks in integers: plain loops on planes of 32-bit integers that are u - z, so that padding
 * is left out. Sums grow in the result's own place, and become steps of the result's scale there.
 */
final class ScalarQuantisedKernel implements QuantisedKernel {

    /** Pixels of a tile: small enough that the sums stay in the first cache while the inputs stream by. */
    private static final int TILE_PIXELS = 1024;

    private static final Layout LAYOUT = new Layout(
            1, Memory.Kind.HEAP, Memory.Element.INT, Memory.Element.INT, 1, TILE_PIXELS, TILE_PIXELS, 0, 1, false);

    @Override
    public Layout layout() {
        return LAYOUT;
    }

    @Override
    public void stem(QuantisedStem layer, Memory weights, Memory activations, int from, int to) {
        int[] w = weights.ints();
        int[] a = activations.ints();
        Stem shape = layer.shape();
        Tiling tiling = shape.tiling();
        int width = tiling.pixels();
        for (int y = from; y < to; y++) {
            int input = shape.input() + 2 * y * shape.rowStride();
            for (int channel = 0; channel < tiling.blocks(); channel++) {
                int tile = channel / 2;
                int vectors = tiling.vectors(tile);
                int weight = shape.weights() + tiling.firstBlock(tile) * Stem.K + channel % 2;
                int output = shape.output() + (channel * shape.outputHeight() + y) * width;
                Arrays.fill(a, output, output + width, layer.requantisation().biases()[channel]);
                for (int k = 0; k < Stem.K; k++) {
                    int tap = input + k / Stem.ROW * shape.rowStride() + k % Stem.ROW;
                    addScaled(a, output, w[weight + k * vectors], a, tap, Stem.PIXEL_STRIDE, width);
                }
                requantise(layer.requantisation(), channel, a, output, width);
            }
        }
    }

    @Override
    public void pointwise(QuantisedPointwise layer, Memory weights, Memory activations, int from, int to) {
        int[] w = weights.ints();
        int[] a = activations.ints();
        Pointwise shape = layer.shape();
        Tiling tiling = shape.tiling();
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
                    int output = shape.output() + channel * shape.outputBlockStride() + first;
                    Arrays.fill(a, output, output + count, layer.requantisation().biases()[channel]);
                    for (int k = 0; k < shape.inputs(); k++) {
                        int input = shape.input() + k * shape.inputBlockStride() + first;
                        addScaled(a, output, w[weight + k * vectors + v], a, input, 1, count);
                    }
                    requantise(layer.requantisation(), channel, a, output, count);
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
        int[] a = activations.ints();
        Depthwise shape = layer.shape();
        for (int unit = from; unit < to; unit++) {
            int channel = unit / shape.outputHeight();
            int y = unit % shape.outputHeight();
            int input = shape.input() + channel * shape.inputBlockStride();
            int output = shape.output() + channel * shape.outputBlockStride() + y * shape.outputWidth();
            Arrays.fill(a, output, output + shape.outputWidth(), layer.requantisation().biases()[channel]);
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
                    addScaled(a, output + x, weight, a, first, shape.stride(), end - x);
                }
            }
            requantise(layer.requantisation(), channel, a, output, shape.outputWidth());
        }
    }

    @Override
    public void globalAverage(QuantisedGlobalAverage layer, Memory activations, int from, int to) {
        int[] a = activations.ints();
        int pixels = layer.shape().pixels();
        for (int channel = from; channel < to; channel++) {
            int input = layer.shape().input() + channel * pixels;
            int sum = 0;
            for (int p = 0; p < pixels; p++) {
                sum += a[input + p];
            }
            a[layer.shape().output() + channel] = layer.apply(sum) - layer.output().zeroPoint();
        }
    }

    @Override
    public void dense(QuantisedDense layer, Memory weights, Memory activations, int from, int to) {
        int[] w = weights.ints();
        int[] a = activations.ints();
        int inputs = layer.shape().inputs();
        for (int output = from; output < to; output++) {
            int sum = layer.requantisation().biases()[output];
            int weight = layer.shape().weights() + output * inputs;
            for (int k = 0; k < inputs; k++) {
                sum += a[layer.shape().input() + k] * w[weight + k];
            }
            a[layer.shape().output() + output] =
                    layer.requantisation().apply(output, sum) - layer.output().zeroPoint();
        }
    }

    private static void addScaled(int[] y, int to, int scale, int[] x, int from, int step, int count) {
        if (step == 1) {
            for (int i = 0; i < count; i++) {
                y[to + i] += scale * x[from + i];
            }
        } else {
            for (int i = 0; i < count; i++) {
                y[to + i] += scale * x[from + i * step];
            }
        }
    }

    /** From sums to steps of the result's scale, in place. */
    private static void requantise(Requantisation by, int channel, int[] y, int from, int count) {
        int value = by.multipliers()[channel];
        int shift = by.shifts()[channel];
        int low = by.low() - by.output().zeroPoint();
        int high = by.high() - by.output().zeroPoint();
        for (int i = from; i < from + count; i++) {
            y[i] = Math.min(Math.max(Multiplier.apply(y[i], value, shift), low), high);
        }
    }

    private static void add(QuantisedSum sum, int[] y, int to, int residual, int count) {
        for (int i = 0; i < count; i++) {
            y[to + i] = sum.apply(y[to + i], y[residual + i]) - sum.output().zeroPoint();
        }
    }
}
