package dev.spindle;

import java.util.ArrayList;
import java.util.List;

/**
 * One class of a picture.
 *
 * @param index the class, from 0, in the order of the network's outputs
 * @param label its name; {@code class N} where the model has no labels
 * @param probability after softmax, 0 to 1
 */
public record Classification(int index, String label, float probability) {

    /**
     * The most probable classes.
     *
     * @param logits of one picture, one a class
     * @param k how many classes are wanted; no more than there are come back
     * @param labels one name a class; empty where there are none
     * @return the largest after softmax, best first; of equal ones, the lower index first
     */
    public static List<Classification> top(float[] logits, int k, List<String> labels) {
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        boolean[] taken = new boolean[logits.length];
        List<Classification> top = new ArrayList<>();
        for (int rank = 0; rank < Math.min(k, logits.length); rank++) {
            int best = -1;
            for (int i = 0; i < logits.length; i++) {
                if (!taken[i] && (best < 0 || logits[i] > logits[best])) {
                    best = i;
                }
            }
            taken[best] = true;
            String label = labels.isEmpty() ? "class " + best : labels.get(best);
            top.add(new Classification(best, label, (float) (Math.exp(logits[best] - max) / sum)));
        }
        return top;
    }
}
