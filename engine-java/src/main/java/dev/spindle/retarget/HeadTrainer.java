package dev.spindle.retarget;

import dev.spindle.plan.LayerWeights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Trains a linear classifier on features: a multinomial logistic regression whose weights cost their squares. How much is
 * chosen by cross-validation: the strength counts whose heads have the least log loss on the pictures that they were trained
 * without. Each class is spread evenly over the folds.
 */
public final class HeadTrainer {

    /** Of the largest component of the gradient. Losses near 0.00001 do not differ any more. */
    private static final double TOLERANCE = 1e-5;

    private static final int MOST_ITERATIONS = 300;

    private final LabelledFeatures data;
    private final TrainerSettings settings;
    private final double[] mean;
    private final double spread;

    private HeadTrainer(LabelledFeatures data, TrainerSettings settings) {
        this.data = data;
        this.settings = settings;
        this.mean = data.mean();
        this.spread = data.spread(mean);
    }

    /**
     * Trains a head, on the calling thread.
     *
     * @param data features and classes of pictures
     * @param settings how
     * @param done is called {@link TrainerSettings#steps} times, after steps of about the same length
     * @return the head, the same for the same arguments
     * @throws IllegalArgumentException where there are more folds than pictures
     */
    public static TrainedHead train(LabelledFeatures data, TrainerSettings settings, Runnable done) {
        if (settings.folds() > data.count()) {
            throw new IllegalArgumentException(
                    settings.folds() + " folds, expected at most one a picture, of which there are " + data.count());
        }
        return new HeadTrainer(data, settings).train(done);
    }

    private TrainedHead train(Runnable done) {
        int count = settings.strengths().size();
        float[][][] heldOut = new float[count][data.count()][];
        int[] folds = folds();
        for (int fold = 0; fold < settings.folds(); fold++) {
            int held = fold;
            int[] members = IntStream.range(0, data.count()).filter(i -> folds[i] != held).toArray();
            double[] x = new double[problem(members, 0).variables()];
            for (int i = 0; i < count; i++) {
                LogisticRegression problem = problem(members, i);
                x = minimise(problem, x);
                for (int picture = 0; picture < data.count(); picture++) {
                    if (folds[picture] == fold) {
                        heldOut[i][picture] = problem.logits(x, data.features().get(picture));
                    }
                }
                done.run();
            }
        }
        List<TrainedHead.Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            candidates.add(candidate(settings.strengths().get(i), heldOut[i]));
        }
        TrainedHead.Candidate best = candidates.stream()
                .min(Comparator.comparingDouble(TrainedHead.Candidate::logLoss))
                .orElseThrow();
        int chosen = candidates.indexOf(best);
        LogisticRegression problem = problem(IntStream.range(0, data.count()).toArray(), chosen);
        double[] x = minimise(problem, new double[problem.variables()]);
        done.run();
        return new TrainedHead(
                LayerWeights.biased(problem.kernel(x), problem.bias(x)), best, candidates, Arrays.asList(heldOut[chosen]));
    }

    /** The fold of each picture: those of a class, shuffled, take turns, and each class goes on where the last one ended. */
    private int[] folds() {
        Random random = new Random(settings.seed());
        int[] folds = new int[data.count()];
        int turn = 0;
        for (int label = 0; label < data.classes(); label++) {
            int[] members = data.members(label);
            for (int left = members.length; left > 0; left--) {
                int drawn = random.nextInt(left);
                folds[members[drawn]] = turn++ % settings.folds();
                members[drawn] = members[left - 1];
            }
        }
        return folds;
    }

    private LogisticRegression problem(int[] members, int strength) {
        return new LogisticRegression(data, members, mean, spread, settings.strengths().get(strength));
    }

    private static double[] minimise(LogisticRegression problem, double[] start) {
        return Lbfgs.minimise(problem, start, TOLERANCE, MOST_ITERATIONS);
    }

    private TrainedHead.Candidate candidate(double strength, float[][] logits) {
        int right = 0;
        double loss = 0;
        for (int i = 0; i < logits.length; i++) {
            int best = 0;
            for (int c = 1; c < data.classes(); c++) {
                best = logits[i][c] > logits[i][best] ? c : best;
            }
            right += best == data.labels()[i] ? 1 : 0;
            loss += LogisticRegression.logLoss(logits[i], data.labels()[i]);
        }
        return new TrainedHead.Candidate(strength, 100.0 * right / logits.length, loss / logits.length);
    }
}
