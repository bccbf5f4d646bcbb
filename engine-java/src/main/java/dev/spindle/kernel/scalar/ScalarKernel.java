package dev.spindle.kernel.scalar;

import dev.spindle.kernel.Clamp;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.HeapSoftmax;
import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.QuantisedKernel;
import dev.spindle.kernel.Softmax;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import java.util.Arrays;
import java.util.Optional;

/**
 * Plain loops on planes: the channel block is 1, so that activations are {@code [channels][pixels]}. The inner loops run
 * along pixels, one multiply and one add each, which the JVM's compilers vectorise by themselves. Not fused: a fused
 * multiply-add is an instruction only where the CPU has it, and thousands of times slower elsewhere.
 */
final class ScalarKernel implements Kernel {

    /** Pixels of a tile: small enough that the sums stay in the first cache while the inputs stream by. */
    private static final int TILE_PIXELS = 1024;

    private static final Layout LAYOUT = new Layout(1, Memory.Kind.HEAP, TILE_PIXELS, TILE_PIXELS, 0, 1, false);

    private static final Optional<QuantisedKernel> QUANTISED = Optional.of(new ScalarQuantisedKernel());

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public Layout layout() {
        return LAYOUT;
    }

    @Override
    public Optional<QuantisedKernel> quantised() {
        return QUANTISED;
    }

    @Override
    public void stem(Stem layer, Memory weights, Memory activations, int from, int to) {
        float[] w = weights.array();
        float[] a = activations.array();
        Tiling tiling = layer.tiling();
        int width = tiling.pixels();
        for (int y = from; y < to; y++) {
            int input = layer.input() + 2 * y * layer.rowStride();
            for (int channel = 0; channel < tiling.blocks(); channel++) {
                int tile = channel / 2;
                int vectors = tiling.vectors(tile);
                int weight = layer.weights() + tiling.firstBlock(tile) * Stem.K + channel % 2;
                int output = layer.output() + (channel * layer.outputHeight() + y) * width;
                Arrays.fill(a, output, output + width, w[layer.bias() + channel]);
                for (int k = 0; k < Stem.K; k++) {
                    int tap = input + k / Stem.ROW * layer.rowStride() + k % Stem.ROW;
                    addScaled(a, output, w[weight + k * vectors], a, tap, Stem.PIXEL_STRIDE, width);
                }
                clamp(a, output, width, layer.low(), layer.high());
            }
        }
    }

    @Override
    public void pointwise(Pointwise layer, Memory weights, Memory activations, int place, int from, int to) {
        float[] w = weights.array();
        float[] a = activations.array();
        Tiling tiling = layer.tiling();
        int start = 0;
        for (int tile = 0; start < to; tile++) {
            int vectors = tiling.vectors(tile);
            int pixelTiles = tiling.pixelTiles(vectors);
            int last = Math.min(pixelTiles, to - start);
            int weight = layer.weights() + tiling.firstBlock(tile) * layer.inputs();
            for (int p = Math.max(0, from - start); p < last; p++) {
                int first = tiling.firstPixel(p, pixelTiles);
                int count = tiling.firstPixel(p + 1, pixelTiles) - first;
                for (int v = 0; v < vectors; v++) {
                    int channel = tiling.firstBlock(tile) + v;
                    int output = place + channel * layer.outputBlockStride() + first;
                    Arrays.fill(a, output, output + count, w[layer.bias() + channel]);
                    if (layer.residual() >= 0) {
                        int residual = layer.residual() + channel * layer.outputBlockStride() + first;
                        addScaled(a, output, 1f, a, residual, 1, count);
                    }
                    for (int k = 0; k < layer.inputs(); k++) {
                        int input = layer.input() + k * layer.inputBlockStride() + first;
                        addScaled(a, output, w[weight + k * vectors + v], a, input, 1, count);
                    }
                    clamp(a, output, count, layer.low(), layer.high());
                }
            }
            start += pixelTiles;
        }
    }

    @Override
    public void depthwise(Depthwise layer, Memory weights, Memory activations, int from, int to) {
        float[] w = weights.array();
        float[] a = activations.array();
        for (int unit = from; unit < to; unit++) {
            int channel = unit / layer.outputHeight();
            int y = unit % layer.outputHeight();
            int input = layer.input() + channel * layer.inputBlockStride();
            int output = layer.output() + channel * layer.outputBlockStride() + y * layer.outputWidth();
            Arrays.fill(a, output, output + layer.outputWidth(), w[layer.bias() + channel]);
            for (int tap = 0; tap < Depthwise.TAPS; tap++) {
                int row = y * layer.stride() - layer.padTop() + tap / 3 * layer.dilation();
                if (row < 0 || row >= layer.height()) {
                    continue;
                }
                int shift = tap % 3 * layer.dilation() - layer.padLeft();
                int x = Math.max(0, (layer.stride() - 1 - shift) / layer.stride());
                int end = Math.min(layer.outputWidth(), (layer.width() - 1 - shift) / layer.stride() + 1);
                if (shift < layer.width() && x < end) {
                    float weight = w[layer.weights() + channel * Depthwise.TAPS + tap];
                    int first = input + row * layer.width() + x * layer.stride() + shift;
                    addScaled(a, output + x, weight, a, first, layer.stride(), end - x);
                }
            }
            clamp(a, output, layer.outputWidth(), layer.low(), layer.high());
        }
    }

    @Override
    public void globalAverage(GlobalAverage layer, Memory activations, int place, int from, int to) {
        float[] a = activations.array();
        for (int channel = from; channel < to; channel++) {
            int input = place + channel * layer.pixels();
            float sum = 0;
            for (int p = 0; p < layer.pixels(); p++) {
                sum += a[input + p];
            }
            a[layer.output() + channel] = sum * (1f / layer.pixels());
        }
    }

    @Override
    public void dense(Dense layer, Memory weights, Memory activations, int from, int to) {
        float[] w = weights.array();
        float[] a = activations.array();
        for (int output = from; output < to; output++) {
            float sum = w[layer.bias() + output];
            int weight = layer.weights() + output * layer.inputs();
            for (int k = 0; k < layer.inputs(); k++) {
                sum += a[layer.input() + k] * w[weight + k];
            }
            a[layer.output() + output] = sum;
        }
    }

    @Override
    public void softmax(Softmax layer, Memory activations) {
        HeapSoftmax.run(layer, activations.array());
    }

    private static void addScaled(float[] y, int to, float scale, float[] x, int from, int step, int count) {
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

    private static void clamp(float[] y, int from, int count, int low, int high) {
        for (int i = from; i < from + count; i++) {
            y[i] = Clamp.apply(y[i], low, high);
        }
    }
}
