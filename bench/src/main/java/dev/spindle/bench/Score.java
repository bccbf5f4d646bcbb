package dev.spindle.bench;

import java.util.Collection;
import org.openjdk.jmh.util.ListStatistics;

/**
 * A mean with its confidence interval.
 *
 * @param mean of all iterations of all forks
 * @param low lower end of the interval at 99.9 %
 * @param high upper end
 * @param count of iterations
 */
record Score(double mean, double low, double high, int count) {

    private static final double CONFIDENCE = 0.999;

    /** Fewer say nothing of how much they vary. */
    private static final int FEWEST = 3;

    /** Of independent values. */
    static Score of(Collection<Double> values) {
        if (values.size() < FEWEST) {
            throw new IllegalArgumentException(values.size() + " values, expected at least " + FEWEST);
        }
        ListStatistics statistics = new ListStatistics(values.stream().mapToDouble(Double::doubleValue).toArray());
        double error = statistics.getMeanErrorAt(CONFIDENCE);
        double mean = statistics.getMean();
        return new Score(mean, Math.max(0, mean - error), mean + error, values.size());
    }
}
