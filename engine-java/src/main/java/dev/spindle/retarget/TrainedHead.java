package dev.spindle.retarget;

import dev.spindle.plan.LayerWeights;
import java.util.List;

/**
 * A classifier, and how well it does on pictures that it has not seen.
 *
 * @param classifier the layer, trained on all pictures: {@code [classes][features]} and a bias
 * @param chosen the best of the candidates
 * @param candidates one a strength of regularisation, in the settings' order
 * @param heldOut for each picture the logits of the head that was trained without it, at the chosen strength
 */
public record TrainedHead(LayerWeights classifier, Candidate chosen, List<Candidate> candidates, List<float[]> heldOut) {

    /** Copies the lists. */
    public TrainedHead {
        candidates = List.copyOf(candidates);
        heldOut = List.copyOf(heldOut);
    }

    /**
     * A strength of regularisation, and what the heads trained with it make of pictures that were held out.
     *
     * @param strength as {@link TrainerSettings#strengths} has it
     * @param accuracy percent whose most probable class is right; of equal ones, the first counts
     * @param logLoss mean of the negative natural logarithm of the right class's probability
     */
    public record Candidate(double strength, double accuracy, double logLoss) {}
}
