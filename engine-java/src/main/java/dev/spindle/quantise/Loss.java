package dev.spindle.quantise;

import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Precision;
import dev.spindle.Session;
import dev.spindle.Warmup;
import dev.spindle.kernel.Kernels;

/**
 * How far a network in integers is from the one of fp32 that it was made from. A classifier decides once an input, a
 * segmentation network once a pixel of its logits' map.
 *
 * @param inputs how many were run
 * @param decisions how many classes were chosen
 * @param agreeing how many of them are the same
 * @param largestMargin by how much, at most, a logit of fp32 exceeds that of the class that integers prefer to its own; 0 where
 *     all agree
 * @param largestDifference the largest difference of a logit
 * @param largestLogit the largest absolute value of a logit in fp32
 */
public record Loss(
        int inputs, long decisions, long agreeing, float largestMargin, float largestDifference, float largestLogit) {

    /**
     * Runs both.
     *
     * @param real the network of fp32
     * @param integers the same in integers
     * @param inputs what to run them on
     * @param options backend and threads
     * @param done is called once an input
     */
    public static Loss measure(
            Checkpoint real, Checkpoint integers, CalibrationInputs inputs, Options options, Runnable done) {
        int classes = real.network().classes();
        long decisions = 0;
        long agreeing = 0;
        float margin = 0;
        float difference = 0;
        float largest = 0;
        Options asNamed = options.withWarmup(Warmup.NONE);
        try (Model expected = Model.of(real, asNamed.withPrecision(Precision.FP32));
                Model found = Model.of(integers, forIntegers(asNamed));
                Session expectedSession = expected.newSession();
                Session foundSession = found.newSession()) {
            float[] exact = new float[expectedSession.logitsLength()];
            float[] logits = new float[exact.length];
            for (int i = 0; i < inputs.count(); i++) {
                float[] input = inputs.input(i);
                expectedSession.run(input, exact);
                foundSession.run(input, logits);
                for (int at = 0; at < exact.length; at += classes) {
                    int expectedBest = best(exact, at, classes);
                    int foundBest = best(logits, at, classes);
                    decisions++;
                    agreeing += expectedBest == foundBest ? 1 : 0;
                    margin = Math.max(margin, exact[expectedBest] - exact[foundBest]);
                }
                for (int c = 0; c < exact.length; c++) {
                    difference = Math.max(difference, Math.abs(exact[c] - logits[c]));
                    largest = Math.max(largest, Math.abs(exact[c]));
                }
                done.run();
            }
        }
        return new Loss(inputs.count(), decisions, agreeing, margin, difference, largest);
    }

    /** Bytes are the same on all backends: one without kernels for them leaves them to the plain loops. */
    private static Options forIntegers(Options options) {
        boolean capable = Kernels.byName(options.backend()).quantised().isPresent();
        return (capable ? options : options.withBackend("scalar")).withPrecision(Precision.INT8);
    }

    /** The first of the largest among some. */
    private static int best(float[] logits, int from, int count) {
        int best = from;
        for (int i = from + 1; i < from + count; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    /** The share of decisions that are the same, in percent. */
    public double agreement() {
        return 100.0 * agreeing / decisions;
    }
}
