package dev.spindle.bench;

import dev.spindle.kernel.Layer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.util.ListStatistics;

/** Times each layer while the whole network runs, one layer after another: caches are what they are in real calls. */
final class Profile {

    private Profile() {}

    /**
     * A layer's figures.
     *
     * @param label the layer's name and shape
     * @param kind its kind and the pixels of its map, such as {@code 1x1 at 784}
     * @param flops floating-point operations of a call
     * @param least the shortest time in microseconds
     * @param median the median time in microseconds
     */
    record Line(String label, String kind, double flops, double least, double median) {

        /** The best rate: a peak is a best rate, too. */
        double gflops() {
            return flops / least * 1e-3;
        }
    }

    /**
     * Runs the network again and again.
     *
     * @param run the layers
     * @param warmupSeconds before anything is timed
     * @param measuredSeconds timed
     * @return one line a layer, in execution order
     */
    static List<Line> of(LayerRun run, double warmupSeconds, double measuredSeconds) {
        List<Layer> layers = run.layers();
        measure(run, layers, warmupSeconds);
        List<ListStatistics> micros = measure(run, layers, measuredSeconds);
        List<Line> lines = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            LayerShape shape = LayerShape.of(run.network(), layer);
            lines.add(new Line(
                    run.label(layer),
                    shape.kind() + " at " + shape.pixels(),
                    2.0 * layer.macs(),
                    micros.get(i).getMin(),
                    micros.get(i).getPercentile(50)));
        }
        return lines;
    }

    private static List<ListStatistics> measure(LayerRun run, List<Layer> layers, double seconds) {
        List<ListStatistics> micros = layers.stream().map(layer -> new ListStatistics()).toList();
        long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
        do {
            for (int i = 0; i < layers.size(); i++) {
                long start = System.nanoTime();
                run.run(layers.get(i));
                micros.get(i).addValue((System.nanoTime() - start) * 1e-3);
            }
        } while (System.nanoTime() < end);
        return micros;
    }

    /** Adds the lines of each kind up, in the order of their first layers. */
    static List<Line> byKind(List<Line> lines) {
        Map<String, Line> sums = new LinkedHashMap<>();
        for (Line line : lines) {
            sums.merge(line.kind, new Line(line.kind, line.kind, line.flops, line.least, line.median), Profile::sum);
        }
        return List.copyOf(sums.values());
    }

    /** All lines in one. */
    static Line total(List<Line> lines) {
        return lines.stream()
                .map(line -> new Line("all layers", "all layers", line.flops, line.least, line.median))
                .reduce(Profile::sum)
                .orElseThrow();
    }

    private static Line sum(Line a, Line b) {
        return new Line(a.label, a.kind, a.flops + b.flops, a.least + b.least, a.median + b.median);
    }
}
