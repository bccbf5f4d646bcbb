package dev.spindle.detection;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * All that comes behind an SSD's layers, as TensorFlow Lite's operator {@code TFLite_Detection_PostProcess} does it: boxes are
 * decoded, predictions become scores, and of boxes that show the same thing one stays.
 *
 * @param anchors what box predictions are relative to
 * @param code how they are
 * @param scores what class predictions are
 * @param background whether the first class prediction of an anchor is that it shows nothing
 * @param suppression which boxes stay
 */
public record PostProcessing(
        Anchors anchors, BoxCode code, ScoreFunction scores, boolean background, Suppression suppression) {

    /** Checks that nothing is null. */
    public PostProcessing {
        Objects.requireNonNull(anchors, "anchors");
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(scores, "scores");
        Objects.requireNonNull(suppression, "suppression");
    }

    /**
     * A box that stays.
     *
     * @param index its class, from 0, the background not counted
     * @param score 0 to 1
     * @param box in sides of the picture, over whose edges it may reach
     */
    public record Found(int index, float score, Box box) {}

    /** A box with a score, which may not stay. */
    private record Candidate(int anchor, int index, float score, Box box) {}

    private static final Comparator<Candidate> BEST_FIRST = Comparator.comparingDouble(candidate -> -candidate.score);

    /**
     * Finds the boxes.
     *
     * @param boxes {@code [anchors][4]}
     * @param predictions {@code [anchors][classes]}, before {@link #scores}, with the background's if there is one
     * @param threshold lower scores are left out, as those below {@link Suppression#scoreThreshold} are
     * @return the boxes that stay, the highest score first; none whose corners are not numbers
     */
    public List<Found> find(float[] boxes, float[] predictions, double threshold) {
        int each = predictions.length / anchors.count();
        if (boxes.length != anchors.count() * Anchors.NUMBERS || predictions.length != anchors.count() * each) {
            throw new IllegalArgumentException(boxes.length + " box and " + predictions.length + " class predictions for "
                    + anchors + ", expected " + Anchors.NUMBERS + " and as many for each");
        }
        double lowest = Math.max(threshold, suppression.scoreThreshold());
        List<Candidate> found = suppression.classWise()
                ? classWise(candidates(boxes, predictions, each, lowest))
                : together(candidates(boxes, predictions, each, lowest));
        return found.stream().map(candidate -> new Found(candidate.index, candidate.score, candidate.box)).toList();
    }

    /** The scores that reach a threshold, by class, anchors in order. */
    private List<List<Candidate>> candidates(float[] boxes, float[] predictions, int each, double lowest) {
        int first = background ? 1 : 0;
        List<List<Candidate>> candidates = new ArrayList<>();
        for (int index = first; index < each; index++) {
            candidates.add(new ArrayList<>());
        }
        float[] anchorScores = new float[each];
        for (int anchor = 0; anchor < anchors.count(); anchor++) {
            scores.apply(predictions, anchor * each, lowest, anchorScores);
            Box box = code.decode(boxes, anchors, anchor);
            for (int index = first; index < each && !Float.isNaN(box.area()); index++) {
                if (anchorScores[index] >= lowest) {
                    candidates.get(index - first).add(new Candidate(anchor, index - first, anchorScores[index], box));
                }
            }
        }
        return candidates;
    }

    private List<Candidate> classWise(List<List<Candidate>> candidates) {
        List<Candidate> kept = new ArrayList<>();
        for (List<Candidate> ofClass : candidates) {
            kept.addAll(suppress(ofClass, suppression.boxesPerClass()));
        }
        return best(kept, suppression.boxes());
    }

    /** Suppresses boxes by the best class of each, then gives those that stay their other classes. */
    private List<Candidate> together(List<List<Candidate>> candidates) {
        List<List<Candidate>> byAnchor = new ArrayList<>();
        for (int anchor = 0; anchor < anchors.count(); anchor++) {
            byAnchor.add(new ArrayList<>());
        }
        candidates.forEach(ofClass -> ofClass.forEach(candidate -> byAnchor.get(candidate.anchor).add(candidate)));
        List<Candidate> bestOfEach = new ArrayList<>();
        for (List<Candidate> classes : byAnchor) {
            bestOfEach.addAll(best(classes, 1));
        }
        List<Candidate> kept = new ArrayList<>();
        for (Candidate candidate : suppress(bestOfEach, suppression.boxes())) {
            kept.addAll(best(byAnchor.get(candidate.anchor), suppression.classesPerBox()));
        }
        return best(kept, kept.size());
    }

    private List<Candidate> suppress(List<Candidate> candidates, int most) {
        List<Candidate> kept = new ArrayList<>();
        for (Candidate candidate : best(candidates, candidates.size())) {
            if (kept.size() == most) {
                break;
            }
            if (kept.stream().noneMatch(other ->
                    other.box.intersectionOverUnion(candidate.box) > suppression.iouThreshold())) {
                kept.add(candidate);
            }
        }
        return kept;
    }

    private static List<Candidate> best(List<Candidate> candidates, int most) {
        return candidates.stream().sorted(BEST_FIRST).limit(most).toList();
    }
}
