package dev.spindle.plan;

import java.util.Objects;
import java.util.Optional;

/**
 * The weights of one convolution or dense layer, in logical order.
 *
 * @param kernel {@code [outputs][inputs per group][kernel][kernel]}, row-major; {@code [classes][features]} for the
 *     classifier
 * @param bias one value an output; empty where there is none
 * @param batchNorm what follows the convolution; empty where there is none or where it is folded already
 */
public record LayerWeights(float[] kernel, Optional<float[]> bias, Optional<BatchNorm> batchNorm) {

    /** Checks that nothing is null. */
    public LayerWeights {
        Objects.requireNonNull(kernel, "kernel");
        Objects.requireNonNull(bias, "bias");
        Objects.requireNonNull(batchNorm, "batchNorm");
    }

    /** A layer with a bias and nothing behind it. */
    public static LayerWeights biased(float[] kernel, float[] bias) {
        return new LayerWeights(kernel, Optional.of(bias), Optional.empty());
    }

    /** A convolution followed by batch normalisation. */
    public static LayerWeights normalised(float[] kernel, BatchNorm batchNorm) {
        return new LayerWeights(kernel, Optional.empty(), Optional.of(batchNorm));
    }
}
