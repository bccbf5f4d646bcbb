package dev.spindle.detection;

/** What makes scores of 0 to 1 of the class predictions of one anchor. */
public enum ScoreFunction {
    /** Each class by itself, as TensorFlow's Object Detection API has it. */
    SIGMOID {
        @Override
        void apply(float[] predictions, int from, double threshold, float[] scores) {
            double lowest = Math.min(SURE, Math.log(threshold / (1 - threshold)) - ROUNDING);
            for (int i = 0; i < scores.length; i++) {
                float prediction = predictions[from + i];
                scores[i] = prediction < lowest ? 0 : (float) (1 / (1 + Math.exp(-prediction)));
            }
        }
    },
    /** All classes, the background among them, share 1, as PyTorch's programs have it. */
    SOFTMAX {
        @Override
        void apply(float[] predictions, int from, double threshold, float[] scores) {
            float largest = Float.NEGATIVE_INFINITY;
            for (int i = 0; i < scores.length; i++) {
                largest = Math.max(largest, predictions[from + i]);
            }
            double sum = 0;
            for (int i = 0; i < scores.length; i++) {
                scores[i] = (float) Math.exp(predictions[from + i] - largest);
                sum += scores[i];
            }
            for (int i = 0; i < scores.length; i++) {
                scores[i] /= (float) sum;
            }
        }
    };

    /** A prediction that is well above all thresholds but 1. */
    private static final double SURE = 16;

    /** More than a score's rounding moves the prediction that it belongs to, up to {@link #SURE}. */
    private static final double ROUNDING = 1;

    /**
     * Scores of one anchor.
     *
     * @param predictions of all anchors
     * @param from the anchor's first
     * @param threshold scores below it may come out as 0, which spares their computation
     * @param scores receives one score a prediction
     */
    abstract void apply(float[] predictions, int from, double threshold, float[] scores);
}
