package dev.spindle.retarget;

import java.util.List;

/**
 * How a head is trained.
 *
 * @param folds parts of the pictures, each of which is held out once to choose the regularisation: at least 2
 * @param seed of the parts; the same seed gives the same head
 * @param strengths the regularisations to choose from, each above 0, falling: half of what the sum of squared weights costs,
 *     beside the mean log loss, with features scaled so that their mean square distance from the mean is 1
 */
public record TrainerSettings(int folds, long seed, List<Double> strengths) {

    /** Five folds, and powers of 10 from 0.1 to 0.000001. */
    public static final TrainerSettings DEFAULT = new TrainerSettings(5, 1, List.of(1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6));

    /** Checks the fields. */
    public TrainerSettings {
        strengths = List.copyOf(strengths);
        if (folds < 2) {
            throw new IllegalArgumentException(folds + " folds, expected at least 2");
        }
        if (strengths.isEmpty()) {
            throw new IllegalArgumentException("no strengths of regularisation, expected at least one");
        }
        double before = Double.POSITIVE_INFINITY;
        for (double strength : strengths) {
            if (!(strength > 0 && strength < before)) {
                throw new IllegalArgumentException("strengths " + strengths + ", expected them above 0 and falling");
            }
            before = strength;
        }
    }

    /** The same with another seed. */
    public TrainerSettings withSeed(long newSeed) {
        return new TrainerSettings(folds, newSeed, strengths);
    }

    /** The same with another number of folds. */
    public TrainerSettings withFolds(int count) {
        return new TrainerSettings(count, seed, strengths);
    }

    /** How often {@link HeadTrainer#train} tells of progress. */
    public int steps() {
        return folds * strengths.size() + 1;
    }
}
