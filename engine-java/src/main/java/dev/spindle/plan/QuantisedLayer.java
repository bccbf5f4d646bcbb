package dev.spindle.plan;

import dev.spindle.kernel.Quantisation;
import java.util.Objects;

/**
 * The integers of one convolution or dense layer, in logical order. Immutable by agreement: the arrays are not copied.
 *
 * @param kernel stored weights less their zero point, -255 to 255, in the order of {@link LayerWeights#kernel}
 * @param bias one value an output, in units of input scale times weight scale
 * @param scales of the weights: one, or one an output
 * @param roundedProduct whether input scale times weight scale is rounded to fp32 before it is divided by the output's scale,
 *     as TensorFlow Lite does for unsigned weights and for dense layers with one scale
 * @param output what the layer's bytes stand for, before any sum
 */
public record QuantisedLayer(short[] kernel, int[] bias, float[] scales, boolean roundedProduct, Quantisation output) {

    /** Checks that nothing is null. */
    public QuantisedLayer {
        Objects.requireNonNull(kernel, "kernel");
        Objects.requireNonNull(bias, "bias");
        Objects.requireNonNull(scales, "scales");
        Objects.requireNonNull(output, "output");
    }

    /** The scale of an output's weights. */
    public float scale(int channel) {
        return scales[scales.length == 1 ? 0 : channel];
    }

    /** The real factor from an output's sums to steps of the layer's result. */
    double factor(int channel, Quantisation input) {
        double product = roundedProduct ? input.scale() * scale(channel) : (double) input.scale() * scale(channel);
        return product / output.scale();
    }
}
