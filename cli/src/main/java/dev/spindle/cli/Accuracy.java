package dev.spindle.cli;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts how often a network is right, and what it takes for what. */
final class Accuracy {

    private static final int MOST_CONFUSIONS = 10;

    /** Where one picture's true class ended up: rank 1 is the most probable. */
    record Ranking(int predicted, int rank) {}

    /** How often pictures of one class were taken for another. */
    record Confusion(int truth, String label, int predicted, String predictedLabel, int count) {}

    private record Pair(int truth, int predicted) {}

    private final ClassNames names;
    private final Map<Pair, Integer> wrong = new HashMap<>();
    private int count;
    private int first;
    private int amongFive;

    Accuracy(ClassNames names) {
        this.names = names;
    }

    /**
     * Counts one picture. Of classes with the same logit, the one with the smaller index ranks first.
     *
     * @param truth its class
     * @param logits one a class
     */
    Ranking add(int truth, float[] logits) {
        int predicted = 0;
        int rank = 1;
        for (int i = 0; i < logits.length; i++) {
            if (logits[i] > logits[predicted]) {
                predicted = i;
            }
            if (logits[i] > logits[truth] || logits[i] == logits[truth] && i < truth) {
                rank++;
            }
        }
        count++;
        first += rank == 1 ? 1 : 0;
        amongFive += rank <= 5 ? 1 : 0;
        if (rank > 1) {
            wrong.merge(new Pair(truth, predicted), 1, Integer::sum);
        }
        return new Ranking(predicted, rank);
    }

    int count() {
        return count;
    }

    /** Percent whose most probable class is right; 0 where nothing was counted. */
    double top1() {
        return 100.0 * first / Math.max(count, 1);
    }

    /** Percent where one of the five most probable classes is right; 0 where nothing was counted. */
    double top5() {
        return 100.0 * amongFive / Math.max(count, 1);
    }

    /** The most frequent ones, first; of equally frequent ones, by class. */
    List<Confusion> confusions() {
        return wrong.entrySet().stream()
                .map(entry -> new Confusion(
                        entry.getKey().truth,
                        names.label(entry.getKey().truth),
                        entry.getKey().predicted,
                        names.label(entry.getKey().predicted),
                        entry.getValue()))
                .sorted(Comparator.comparingInt(Confusion::count)
                        .reversed()
                        .thenComparingInt(Confusion::truth)
                        .thenComparingInt(Confusion::predicted))
                .limit(MOST_CONFUSIONS)
                .toList();
    }

    /** Confusions for people: whole lines, none without any. */
    static String text(List<Confusion> confusions) {
        StringBuilder text = new StringBuilder(confusions.isEmpty() ? "" : "most frequent confusions\n");
        for (Confusion confusion : confusions) {
            text.append(Text.format(
                    "  %,6d  %s, taken for %s%n", confusion.count, confusion.label, confusion.predictedLabel));
        }
        return text.toString();
    }
}
