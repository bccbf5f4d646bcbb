package dev.spindle.plan;

/**
 * A layer's weights with its batch normalisation folded in: {@code w' = w * gamma / sqrt(variance + epsilon)} and
 * {@code b' = beta + (b - mean) * gamma / sqrt(variance + epsilon)}, computed in double precision.
 *
 * @param kernel {@code [outputs][rest]}, row-major
 * @param bias one value an output
 */
record Folded(float[] kernel, float[] bias) {

    static Folded of(LayerWeights layer, int outputs) {
        float[] bias = layer.bias().orElseGet(() -> new float[outputs]);
        if (layer.batchNorm().isEmpty()) {
            return new Folded(layer.kernel(), bias);
        }
        BatchNorm norm = layer.batchNorm().get();
        float[] kernel = new float[layer.kernel().length];
        float[] shift = new float[outputs];
        int each = kernel.length / outputs;
        for (int output = 0; output < outputs; output++) {
            double scale = norm.gamma()[output] / Math.sqrt(norm.variance()[output] + norm.epsilon());
            for (int i = output * each; i < (output + 1) * each; i++) {
                kernel[i] = (float) (layer.kernel()[i] * scale);
            }
            shift[output] = (float) (norm.beta()[output] + (bias[output] - norm.mean()[output]) * scale);
        }
        return new Folded(kernel, shift);
    }
}
