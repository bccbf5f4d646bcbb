package dev.spindle.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Ranks vectors by the cosine of their angle with one. */
final class Nearest {

    private final float[] query;
    private final double length;
    private final List<Match> matches = new ArrayList<>();

    /** A vector and its cosine: 1 in the same direction; 0 at a right angle, and for a vector of zeros. */
    record Match(String file, double similarity) {}

    /** Ranks by the angle with this vector. */
    Nearest(float[] query) {
        this.query = query;
        this.length = Math.sqrt(dot(query, query));
    }

    /** Adds a vector. */
    void add(Path file, float[] vector) {
        double lengths = length * Math.sqrt(dot(vector, vector));
        matches.add(new Match(file.toString(), lengths == 0 ? 0 : dot(query, vector) / lengths));
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /** The most similar ones, first; of equally similar ones, in the order in which they came. */
    List<Match> best(int count) {
        return matches.stream()
                .sorted(Comparator.comparingDouble(Match::similarity).reversed())
                .limit(count)
                .toList();
    }
}
