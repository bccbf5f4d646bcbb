package dev.spindle.plan;

/**
 * Batch normalisation at inference: {@code gamma * (x - mean) / sqrt(variance + epsilon) + beta} per channel
 * (Ioffe and Szegedy, arXiv 1502.03167, algorithm 2).
 *
 * @param gamma scale, one value a channel
 * @param beta shift, one value a channel
 * @param mean running mean, one value a channel
 * @param variance running variance, one value a channel
 * @param epsilon added to the variance: 1e-5 in PyTorch and Caffe, 1e-3 in Keras and TensorFlow
 */
public record BatchNorm(float[] gamma, float[] beta, float[] mean, float[] variance, double epsilon) {

    /** Checks that the four arrays are of one length. */
    public BatchNorm {
        if (beta.length != gamma.length || mean.length != gamma.length || variance.length != gamma.length) {
            throw new IllegalArgumentException("batch normalisation of " + gamma.length + ", " + beta.length + ", "
                    + mean.length + " and " + variance.length + " channels, expected one count");
        }
        if (!(epsilon >= 0 && epsilon < 1)) {
            throw new IllegalArgumentException("batch normalisation epsilon " + epsilon + ", expected 0 to 1");
        }
    }
}
