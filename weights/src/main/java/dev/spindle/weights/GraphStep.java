package dev.spindle.weights;

import dev.spindle.network.Conv;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import java.util.Arrays;
import java.util.Optional;

/** A convolution or the dense layer, with what follows it. */
final class GraphStep {
    final Graph.Node node;
    final String input;
    /** What comes out behind all that follows it, and its size. */
    String output;
    int height;
    int width;
    final Conv linear;
    final float[] kernel;
    float[] bias;
    BatchNorm norm;
    Operation.Clamp clamp = Operation.Clamp.NONE;
    Graph.Node clampedBy;
    String addend;

    GraphStep(Graph.Node node, String input, Conv linear, float[] kernel) {
        this.node = node;
        this.input = input;
        this.linear = linear;
        this.kernel = kernel;
    }

    void shift(float[] values) {
        if (norm != null) {
            norm = scaled(norm, ones(values.length), values);
        } else if (bias == null) {
            bias = values;
        } else {
            bias = sum(bias, values);
        }
    }

    /** What follows a batch normalisation is folded into its factor and shift. */
    void normalise(BatchNorm next) {
        if (norm == null) {
            norm = next;
            return;
        }
        float[] factor = new float[next.gamma().length];
        float[] shift = new float[factor.length];
        for (int i = 0; i < factor.length; i++) {
            double exact = next.gamma()[i] / Math.sqrt(next.variance()[i] + next.epsilon());
            factor[i] = (float) exact;
            shift[i] = (float) (next.beta()[i] - next.mean()[i] * exact);
        }
        norm = scaled(norm, factor, shift);
    }

    private static BatchNorm scaled(BatchNorm norm, float[] factor, float[] shift) {
        float[] gamma = new float[factor.length];
        float[] beta = new float[factor.length];
        for (int i = 0; i < factor.length; i++) {
            gamma[i] = norm.gamma()[i] * factor[i];
            beta[i] = (float) (norm.beta()[i] * (double) factor[i] + shift[i]);
        }
        return new BatchNorm(gamma, beta, norm.mean(), norm.variance(), norm.epsilon());
    }

    private static float[] ones(int length) {
        float[] values = new float[length];
        Arrays.fill(values, 1);
        return values;
    }

    private static float[] sum(float[] a, float[] b) {
        float[] sum = a.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += b[i];
        }
        return sum;
    }

    LayerWeights weights() {
        return new LayerWeights(kernel, Optional.ofNullable(bias), Optional.ofNullable(norm));
    }
}
