package dev.spindle.quantise;

import java.util.Arrays;

/** What is known of the values of one map: how they are distributed, and the mean and the range of each channel. */
final class MapStatistics {

    private final Histogram histogram = new Histogram();
    private final double[] sums;
    private final float[] lows;
    private final float[] highs;
    private long pixels;

    MapStatistics(int channels) {
        sums = new double[channels];
        lows = new float[channels];
        highs = new float[channels];
        Arrays.fill(lows, Float.POSITIVE_INFINITY);
        Arrays.fill(highs, Float.NEGATIVE_INFINITY);
    }

    /**
     * Adds the values of an image.
     *
     * @param name of the map, for messages
     * @param values {@code [pixels][channels]}
     */
    void add(String name, float[] values) {
        try {
            for (int i = 0; i < values.length; i++) {
                int channel = i % sums.length;
                histogram.add(values[i]);
                sums[channel] += values[i];
                lows[channel] = Math.min(lows[channel], values[i]);
                highs[channel] = Math.max(highs[channel], values[i]);
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("map " + name + ": " + e.getMessage(), e);
        }
        pixels += values.length / sums.length;
    }

    int channels() {
        return sums.length;
    }

    Histogram histogram() {
        return histogram;
    }

    /** The mean of each channel. */
    double[] means() {
        return Arrays.stream(sums).map(sum -> sum / pixels).toArray();
    }

    /** The middle of a channel's range. */
    float middle(int channel) {
        return (lows[channel] + highs[channel]) / 2;
    }

    /** How far a channel gets from a value. */
    float magnitude(int channel, float from) {
        return Math.max(from - lows[channel], highs[channel] - from);
    }
}
