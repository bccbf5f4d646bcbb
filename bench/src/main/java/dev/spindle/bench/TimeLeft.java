package dev.spindle.bench;

import java.util.concurrent.TimeUnit;

/** How long the rest of some work takes, judged by what was planned and how the plan held so far. */
final class TimeLeft {

    private final long start = System.nanoTime();
    private final double planned;
    private double worked;

    /** Starts now with so many seconds planned. */
    TimeLeft(double planned) {
        this.planned = planned;
    }

    /** So many of the planned seconds have been worked off. */
    void worked(double seconds) {
        worked += seconds;
    }

    /** Such as {@code about 4 min left}. */
    @Override
    public String toString() {
        double elapsed = (System.nanoTime() - start) / (double) TimeUnit.SECONDS.toNanos(1);
        return text((planned - worked) * (worked > 0 ? elapsed / worked : 1));
    }

    static String text(double seconds) {
        if (seconds < 60) {
            return "less than a minute left";
        }
        long minutes = Math.round(seconds / 60);
        return minutes < 100 ? "about " + minutes + " min left" : "about " + Math.round(minutes / 60.0) + " h left";
    }
}
