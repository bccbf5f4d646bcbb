package dev.spindle.examples;

import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.image.ImageDecoder;
import dev.spindle.weights.DefaultModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Finds the pictures that are most like one: {@code PictureSearch QUERY PICTURE...}, by the angle between embeddings. */
public final class PictureSearch {

    private final List<Entry> entries = new ArrayList<>();

    private record Entry(Path file, float[] direction) {}

    /**
     * A picture that was found.
     *
     * @param file its file
     * @param similarity the cosine of the angle between its embedding and the query's: 1 for the same direction
     */
    public record Match(Path file, double similarity) {}

    /**
     * Adds a picture.
     *
     * @param embedding what {@link Model#embed} makes of it
     */
    public void add(Path file, float[] embedding) {
        entries.add(new Entry(file, normalised(embedding)));
    }

    /**
     * Compares all pictures with a query, which is fast enough for some hundred thousand.
     *
     * @param embedding the query's
     * @param count how many are wanted at most
     * @return the most similar ones, best first
     */
    public List<Match> nearest(float[] embedding, int count) {
        float[] direction = normalised(embedding);
        return entries.stream()
                .map(entry -> new Match(entry.file(), dot(direction, entry.direction())))
                .sorted(Comparator.comparingDouble(Match::similarity).reversed())
                .limit(count)
                .toList();
    }

    private static float[] normalised(float[] vector) {
        double length = Math.sqrt(dot(vector, vector));
        float[] direction = vector.clone();
        for (int i = 0; length > 0 && i < direction.length; i++) {
            direction[i] /= (float) length;
        }
        return direction;
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /**
     * Prints the pictures in the order of their likeness.
     *
     * @param args the query's file, then those of the pictures
     */
    public static void main(String[] args) {
        try (Model model = Model.of(DefaultModel.load(), Options.DEFAULT)) {
            PictureSearch search = new PictureSearch();
            for (String name : Arrays.asList(args).subList(1, args.length)) {
                search.add(Path.of(name), model.embed(ImageDecoder.decode(Path.of(name))));
            }
            for (Match match : search.nearest(model.embed(ImageDecoder.decode(Path.of(args[0]))), args.length)) {
                System.out.printf("%.4f %s%n", match.similarity(), match.file());
            }
        }
    }
}
