package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Precision;
import dev.spindle.Session;
import dev.spindle.network.Network;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Fusion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs images on several backends and keeps the largest differences from one of them, layer by layer. */
final class BackendComparison implements AutoCloseable {

    /**
     * One layer.
     *
     * @param largest the largest magnitude that the reference has in it
     * @param differences one a backend
     */
    record Layer(String name, int height, int width, int channels, double largest, List<Difference> differences) {}

    /**
     * How far a backend is from the reference in one layer.
     *
     * @param absolute the largest difference
     * @param ulps the most steps from one float to the next between two values: near zero, where sums cancel, a small
     *     difference is many
     * @param ulpsOfLargest the largest difference in units in the last place of the layer's largest value
     */
    record Difference(String backend, double absolute, long ulps, double ulpsOfLargest) {}

    /** A backend with both of its plans. */
    private record Contestant(String backend, Session unfused, Session fused) implements AutoCloseable {
        @Override
        public void close() {
            unfused.close();
            fused.close();
        }
    }

    private static final class Largest {
        private double absolute;
        private long ulps;
    }

    /** What is known of one layer so far. */
    private static final class Tally {
        private final FeatureMap map;
        private final Map<String, Largest> differences = new LinkedHashMap<>();
        private float[] expected;
        private float largest;

        Tally(FeatureMap map) {
            this.map = map;
        }

        void expect(float[] values) {
            expected = values;
            for (float value : values) {
                largest = Math.max(largest, Math.abs(value));
            }
        }

        void compare(String backend, float[] found) {
            Largest difference = differences.computeIfAbsent(backend, name -> new Largest());
            for (int i = 0; i < found.length; i++) {
                difference.absolute = Math.max(difference.absolute, distance(expected[i], found[i]));
                difference.ulps = Math.max(difference.ulps, Math.abs((long) order(expected[i]) - order(found[i])));
            }
        }

        /** Two NaNs are equal; a NaN and a number could not be farther apart. */
        private static double distance(float a, float b) {
            if (Float.isNaN(a) || Float.isNaN(b)) {
                return Float.isNaN(a) && Float.isNaN(b) ? 0 : Double.POSITIVE_INFINITY;
            }
            return a == b ? 0 : Math.abs((double) a - b);
        }

        /** Integers that order as floats do, with one step from each to the next; both zeros are 0. */
        private static int order(float value) {
            int bits = Float.floatToIntBits(value);
            return bits < 0 ? Integer.MIN_VALUE - bits : bits;
        }

        Layer layer() {
            List<Difference> list = new ArrayList<>();
            differences.forEach((backend, difference) -> list.add(new Difference(
                    backend, difference.absolute, difference.ulps, difference.absolute / Math.ulp(largest))));
            return new Layer(map.name(), map.height(), map.width(), map.channels(), largest, list);
        }
    }

    private final String name;
    private final Precision precision;
    private final Contestant reference;
    private final List<Contestant> others = new ArrayList<>();
    private final Map<String, Tally> layers = new LinkedHashMap<>();
    private Tally fusedLogits;

    /**
     * Plans the network for all backends.
     *
     * @param name what messages call the model
     * @param checkpoint network and weights
     * @param precision the numbers to compute with
     * @param reference the backend that the others are compared with
     * @param backends the others, which run here
     * @throws InvalidInputException where the network is too large, or cannot run in this precision
     */
    BackendComparison(
            String name, Checkpoint checkpoint, Precision precision, String reference, List<String> backends) {
        this.name = name;
        this.precision = precision;
        this.reference = contestant(checkpoint, reference);
        try {
            for (String backend : backends) {
                others.add(contestant(checkpoint, backend));
            }
        } catch (InvalidInputException e) {
            close();
            throw e;
        }
    }

    private Contestant contestant(Checkpoint checkpoint, String backend) {
        Options options = new Options(backend, 1).withPrecision(precision);
        Session unfused = session(checkpoint, options.withFusion(Fusion.NEVER));
        try {
            return new Contestant(backend, unfused, session(checkpoint, options));
        } catch (InvalidInputException e) {
            unfused.close();
            throw e;
        }
    }

    /** A session that is the last to hold its model. */
    private Session session(Checkpoint checkpoint, Options options) {
        try (Model model = ModelOptions.load(name, checkpoint, options)) {
            long floats = model.plan().maps().stream()
                    .mapToLong(map -> (long) map.height() * map.width() * map.channels())
                    .sum();
            Heap.require(name + ": all maps of the network", Float.BYTES * floats);
            FeatureMap logits = model.plan().logits();
            fusedLogits =
                    new Tally(new FeatureMap("logits, fused", logits.height(), logits.width(), logits.channels(), 0));
            return model.newSession();
        }
    }

    /** Runs one image on all backends. */
    void run(float[] image) {
        reference.unfused.trace(image, (map, values) ->
                layers.computeIfAbsent(map.name(), key -> new Tally(map)).expect(values.get()));
        fusedLogits.expect(logits(reference, image));
        for (Contestant other : others) {
            other.unfused.trace(image, (map, values) -> layers.get(map.name()).compare(other.backend, values.get()));
            fusedLogits.compare(other.backend, logits(other, image));
        }
    }

    private static float[] logits(Contestant contestant, float[] image) {
        float[] logits = new float[contestant.fused.logitsLength()];
        contestant.fused.run(image, logits);
        return logits;
    }

    /** All layers in execution order, {@code pool} and {@link Network#CLASSIFIER} included. */
    List<Layer> layers() {
        return layers.values().stream().map(Tally::layer).toList();
    }

    /** What each backend gives at full speed. */
    Layer fusedLogits() {
        return fusedLogits.layer();
    }

    @Override
    public void close() {
        reference.close();
        others.forEach(Contestant::close);
    }
}
