package dev.spindle.kernel.vector;

import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.QuantisedDense;
import dev.spindle.kernel.QuantisedDepthwise;
import dev.spindle.kernel.QuantisedGlobalAverage;
import dev.spindle.kernel.QuantisedPointwise;
import dev.spindle.kernel.QuantisedStem;
import dev.spindle.kernel.QuantisedSum;
import dev.spindle.kernel.Requantisation;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;

/**
 * Layers in integers whose sums may be more than fp32 holds: plain loops over the same maps and weights, with sums of 32
 * bits. No published network needs them.
 */
final class WideSums {

    private final int c;

    /** For channel blocks of {@code c}. */
    WideSums(int c) {
        this.c = c;
    }

    void stem(QuantisedStem layer, float[] w, float[] a, int from, int to) {
        Stem shape = layer.shape();
        Tiling tiling = shape.tiling();
        int width = tiling.pixels();
        for (int tile = 0; tile < tiling.channelTiles(); tile++) {
            int lanes = tiling.vectors(tile) * c;
            int channel = tiling.firstBlock(tile) * c;
            for (int lane = 0; lane < lanes; lane++, channel++) {
                int weight = shape.weights() + tiling.firstBlock(tile) * c * Stem.K + lane;
                for (int pixel = from * width; pixel < to * width; pixel++) {
                    int input = shape.input() + pixel / width * 2 * shape.rowStride() + pixel % width * Stem.PIXEL_STRIDE;
                    int sum = layer.requantisation().biases()[channel];
                    for (int k = 0; k < Stem.K; k++) {
                        sum += product(w[weight + k * lanes], a[input + k / Stem.ROW * shape.rowStride() + k % Stem.ROW]);
                    }
                    int block = channel / c * shape.outputHeight() * width;
                    a[shape.output() + (block + pixel) * c + channel % c] = step(layer.requantisation(), channel, sum);
                }
            }
        }
    }

    void pointwise(QuantisedPointwise layer, float[] w, float[] a, int output, int from, int to) {
        Pointwise shape = layer.shape();
        Tiling tiling = shape.tiling();
        int start = 0;
        for (int tile = 0; start < to; tile++) {
            int pixelTiles = tiling.pixelTiles(tiling.vectors(tile));
            int first = tiling.firstPixel(Math.max(0, from - start), pixelTiles);
            int end = tiling.firstPixel(Math.min(pixelTiles, to - start), pixelTiles);
            for (int pixel = first; pixel < end; pixel++) {
                pixel(layer, tile, pixel, w, a, output);
            }
            start += pixelTiles;
        }
    }

    /** One pixel of a channel tile. */
    private void pixel(QuantisedPointwise layer, int tile, int pixel, float[] w, float[] a, int output) {
        Pointwise shape = layer.shape();
        int lanes = shape.tiling().vectors(tile) * c;
        int channel = shape.tiling().firstBlock(tile) * c;
        int weight = shape.weights() + channel * shape.inputs();
        for (int lane = 0; lane < lanes; lane++, channel++) {
            int sum = layer.requantisation().biases()[channel];
            for (int k = 0; k < shape.inputs(); k++) {
                float x = a[shape.input() + k / c * shape.inputBlockStride() + pixel * c + k % c];
                sum += product(w[weight + k * lanes + lane], x);
            }
            int place = channel / c * shape.outputBlockStride() + pixel * c + channel % c;
            a[output + place] = step(layer.requantisation(), channel, sum);
            if (layer.sum().isPresent()) {
                add(layer.sum().get(), a, output + place, shape.residual() + place, 1);
            }
        }
    }

    void depthwise(QuantisedDepthwise layer, float[] w, float[] a, int from, int to) {
        Depthwise shape = layer.shape();
        for (int unit = from; unit < to; unit++) {
            int block = unit / shape.outputHeight();
            int y = unit % shape.outputHeight();
            int output = shape.output() + block * shape.outputBlockStride() + y * shape.outputWidth() * c;
            for (int i = 0; i < shape.outputWidth() * c; i++) {
                int sum = layer.requantisation().biases()[block * c + i % c];
                for (int tap = 0; tap < Depthwise.TAPS; tap++) {
                    int row = y * shape.stride() - shape.padTop() + tap / 3 * shape.dilation();
                    int column = i / c * shape.stride() - shape.padLeft() + tap % 3 * shape.dilation();
                    if (row >= 0 && row < shape.height() && column >= 0 && column < shape.width()) {
                        int pixel = row * shape.width() + column;
                        sum += product(
                                w[shape.weights() + (block * Depthwise.TAPS + tap) * c + i % c],
                                a[shape.input() + block * shape.inputBlockStride() + pixel * c + i % c]);
                    }
                }
                a[output + i] = step(layer.requantisation(), block * c + i % c, sum);
            }
        }
    }

    void dense(QuantisedDense layer, float[] w, float[] a, int from, int to) {
        Dense shape = layer.shape();
        int groups = (shape.inputs() + 3) / 4;
        int offsets = shape.bias() + shape.blocks() * c;
        for (int unit = from; unit < to; unit++) {
            int first = shape.firstBlock(unit) * c;
            int vectors = shape.firstBlock(unit + 1) - shape.firstBlock(unit);
            for (int lane = 0; lane < vectors * c; lane++) {
                int offset = Float.floatToRawIntBits(w[offsets + first + lane]);
                int sum = layer.requantisation().biases()[first + lane];
                for (int k = 0; k < shape.inputs(); k++) {
                    int place = QuantisedDense.place(vectors, c, lane, k);
                    int four = Float.floatToRawIntBits(w[shape.weights() + first * groups + place / 4]);
                    int weight = (byte) (four >> Byte.SIZE * (place % 4)) + offset;
                    sum += weight * (int) a[shape.input() + k];
                }
                a[shape.output() + first + lane] = step(layer.requantisation(), first + lane, sum);
            }
        }
    }

    void globalAverage(QuantisedGlobalAverage layer, float[] a, int place, int from, int to) {
        int pixels = layer.shape().pixels();
        for (int channel = from * c; channel < to * c; channel++) {
            int input = place + channel / c * pixels * c + channel % c;
            int sum = 0;
            for (int pixel = 0; pixel < pixels; pixel++) {
                sum += (int) a[input + pixel * c];
            }
            a[layer.shape().output() + channel] = layer.apply(sum) - layer.output().zeroPoint();
        }
    }

    private static int product(float weight, float x) {
        return (int) weight * (int) x;
    }

    private static int step(Requantisation by, int channel, int sum) {
        return by.apply(channel, sum) - by.output().zeroPoint();
    }

    /** Adds {@code count} elements of a residual to the own ones. */
    static void add(QuantisedSum sum, float[] a, int own, int residual, int count) {
        for (int i = 0; i < count; i++) {
            a[own + i] = sum.apply((int) a[own + i], (int) a[residual + i]) - sum.output().zeroPoint();
        }
    }
}
