package dev.spindle.retarget;

import java.util.Arrays;

/**
 * The function that a head minimises: mean log loss of a multinomial logistic regression, and the regularisation of its
 * weights, biases excepted. Its variables are {@code [classes][features + 1]}, each class's bias last, on features less their
 * mean and divided by their spread, which keeps the problem well conditioned; the arrays stay as they are.
 *
 * <p>Exponentials and logarithms are those of {@link StrictMath}: the same on every machine.
 */
final class LogisticRegression implements Lbfgs.Function {

    private final LabelledFeatures data;
    private final int[] members;
    private final double[] mean;
    private final double spread;
    private final double strength;
    private final int length;
    /** For each class what the means add to its scores. */
    private final double[] offsets;
    private final double[] scores;

    /**
     * @param data all pictures
     * @param members those to learn from
     * @param mean of all pictures' features
     * @param spread of all pictures' features
     * @param strength of the regularisation
     */
    LogisticRegression(LabelledFeatures data, int[] members, double[] mean, double spread, double strength) {
        this.data = data;
        this.members = members;
        this.mean = mean;
        this.spread = spread;
        this.strength = strength;
        this.length = data.length();
        this.offsets = new double[data.classes()];
        this.scores = new double[data.classes()];
    }

    /** How many variables there are. */
    int variables() {
        return data.classes() * (length + 1);
    }

    @Override
    public double at(double[] x, double[] gradient) {
        Arrays.fill(gradient, 0);
        prepare(x);
        double loss = 0;
        for (int member : members) {
            float[] features = data.features().get(member);
            score(x, features);
            loss += probabilities(scores, data.labels()[member]);
            for (int c = 0; c < scores.length; c++) {
                double excess = scores[c] - (c == data.labels()[member] ? 1 : 0);
                add(gradient, c * (length + 1), excess, features);
            }
        }
        double squares = 0;
        for (int c = 0; c < scores.length; c++) {
            int from = c * (length + 1);
            double excess = gradient[from + length];
            for (int i = 0; i < length; i++) {
                double weight = x[from + i];
                squares += weight * weight;
                gradient[from + i] =
                        (gradient[from + i] - excess * mean[i]) / spread / members.length + strength * weight;
            }
            gradient[from + length] = excess / members.length;
        }
        return loss / members.length + strength / 2 * squares;
    }

    private void prepare(double[] x) {
        for (int c = 0; c < offsets.length; c++) {
            int from = c * (length + 1);
            double sum = 0;
            for (int i = 0; i < length; i++) {
                sum += x[from + i] * mean[i];
            }
            offsets[c] = x[from + length] - sum / spread;
        }
    }

    private void score(double[] x, float[] features) {
        for (int c = 0; c < scores.length; c++) {
            scores[c] = dot(x, c * (length + 1), features) / spread + offsets[c];
        }
    }

    /** In four sums, which do not wait for each other. */
    private static double dot(double[] x, int from, float[] features) {
        double first = 0;
        double second = 0;
        double third = 0;
        double fourth = 0;
        int i = 0;
        for (; i < features.length - 3; i += 4) {
            first += x[from + i] * features[i];
            second += x[from + i + 1] * features[i + 1];
            third += x[from + i + 2] * features[i + 2];
            fourth += x[from + i + 3] * features[i + 3];
        }
        for (; i < features.length; i++) {
            first += x[from + i] * features[i];
        }
        return first + second + (third + fourth);
    }

    private static void add(double[] gradient, int from, double factor, float[] features) {
        for (int i = 0; i < features.length; i++) {
            gradient[from + i] += factor * features[i];
        }
        gradient[from + features.length] += factor;
    }

    /** Turns scores into probabilities; gives the log loss of a class. */
    private static double probabilities(double[] scores, int label) {
        double max = Arrays.stream(scores).max().orElseThrow();
        double sum = 0;
        double right = scores[label] - max;
        for (int c = 0; c < scores.length; c++) {
            scores[c] = StrictMath.exp(scores[c] - max);
            sum += scores[c];
        }
        for (int c = 0; c < scores.length; c++) {
            scores[c] /= sum;
        }
        return StrictMath.log(sum) - right;
    }

    /** The log loss of one picture whose logits these are. */
    static double logLoss(float[] logits, int label) {
        double[] scores = new double[logits.length];
        for (int c = 0; c < scores.length; c++) {
            scores[c] = logits[c];
        }
        return probabilities(scores, label);
    }

    /** What the head with these variables makes of a picture. */
    float[] logits(double[] x, float[] features) {
        prepare(x);
        score(x, features);
        float[] logits = new float[scores.length];
        for (int c = 0; c < logits.length; c++) {
            logits[c] = (float) scores[c];
        }
        return logits;
    }

    /** The weights of these variables for features as they are, {@code [classes][features]}. */
    float[] kernel(double[] x) {
        float[] kernel = new float[scores.length * length];
        for (int c = 0; c < scores.length; c++) {
            for (int i = 0; i < length; i++) {
                kernel[c * length + i] = (float) (x[c * (length + 1) + i] / spread);
            }
        }
        return kernel;
    }

    /** The biases that belong to {@link #kernel}. */
    float[] bias(double[] x) {
        prepare(x);
        float[] bias = new float[offsets.length];
        for (int c = 0; c < bias.length; c++) {
            bias[c] = (float) offsets[c];
        }
        return bias;
    }
}
