package dev.spindle.quantise;

/**
 * How often values occur, in bins of one width around 0 whose width doubles whenever a value lies outside all of them. Zeros,
 * which no scale rounds, are counted apart.
 */
final class Histogram {

    private static final int HALF = 2048;

    /** Ends of a range that the least error is searched among. */
    private static final int CANDIDATES = 128;

    private static final int ROUNDS = 2;

    private static final double SMALLEST_WIDTH = 0x1p-40;

    private long[] counts = new long[2 * HALF];
    private double width = SMALLEST_WIDTH;
    private long total;
    private float low;
    private float high;

    /**
     * The range of a map, 0 included.
     *
     * @param low at most 0
     * @param high at least 0
     */
    record Range(double low, double high) {}

    void add(float value) {
        total++;
        if (value == 0) {
            return;
        }
        if (!Float.isFinite(value)) {
            throw new IllegalArgumentException("expected finite values, found " + value);
        }
        low = Math.min(low, value);
        high = Math.max(high, value);
        while (Math.abs(value) >= HALF * width) {
            widen();
        }
        counts[HALF + (int) Math.floor(value / width)]++;
    }

    private void widen() {
        long[] wider = new long[counts.length];
        for (int i = 0; i < counts.length; i++) {
            wider[HALF + Math.floorDiv(i - HALF, 2)] += counts[i];
        }
        counts = wider;
        width *= 2;
    }

    Range range(RangeChoice choice, double percentile) {
        return switch (choice) {
            case MIN_MAX -> new Range(low, high);
            case PERCENTILE -> percentile(percentile);
            case MIN_ERROR -> leastError();
        };
    }

    /** Leaves at most a share of the values out at either end, in whole bins. */
    private Range percentile(double percent) {
        long most = (long) (total * (1 - percent / 100));
        int first = 0;
        for (long left = counts[0]; left <= most && first < HALF; left += counts[first]) {
            first++;
        }
        int last = counts.length - 1;
        for (long left = counts[last]; left <= most && last >= HALF; left += counts[last]) {
            last--;
        }
        return new Range(Math.max(low, (first - HALF) * width), Math.min(high, (last + 1 - HALF) * width));
    }

    /** Each end is searched in turn, with the other where it was found best. */
    private Range leastError() {
        Range best = new Range(low, high);
        double least = error(best);
        for (int turn = 0; turn < 2 * ROUNDS; turn++) {
            Range from = best;
            for (int i = 1; i <= CANDIDATES; i++) {
                double share = (double) i / CANDIDATES;
                Range candidate =
                        turn % 2 == 0 ? new Range(from.low, share * high) : new Range(share * low, from.high);
                double error = error(candidate);
                if (error < least) {
                    least = error;
                    best = candidate;
                }
            }
        }
        return best;
    }

    /** The sum of squared errors where a range is cut into the steps of a byte. */
    private double error(Range range) {
        double step = (range.high - range.low) / 255;
        double rounding = step * step / 12;
        double sum = 0;
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] != 0) {
                double value = (i - HALF + 0.5) * width;
                double excess = Math.max(Math.max(value - range.high, range.low - value), 0);
                sum += counts[i] * (excess > 0 ? excess * excess : rounding);
            }
        }
        return sum;
    }
}
