package dev.spindle.kernel.vector;

import dev.spindle.kernel.FloatRequantisation;
import dev.spindle.kernel.FloatSum;

/** Computes nothing, but keeps which methods are called, and how. */
final class StepRecorder extends VectorSteps {

    /** About what the arithmetic of a vector takes, in multiply-adds. */
    private static final int ARITHMETIC = 16;

    private final VectorSteps steps;
    private final Rehearsals recorded;

    StepRecorder(VectorSteps steps, Rehearsals recorded) {
        super(steps.lanes());
        this.steps = steps;
        this.recorded = recorded;
    }

    @Override
    void requantise(FloatRequantisation by, int channel, int blocks, float[] a, int from, int blockStride, int pixels) {
        for (int block = 0; block < blocks; block++) {
            int first = channel + block * lanes();
            int place = from + block * blockStride;
            recorded.add(
                    steps, "requantise", by.direct()[first] ? 1 : 0, by.signed() ? 1 : 0, pixels, ARITHMETIC,
                    few -> steps.requantise(by, first, 1, a, place, 0, few));
        }
    }

    @Override
    void add(FloatSum sum, float[] a, int own, int residual, int count) {
        recorded.add(
                steps, "add", 0, 0, count / lanes(), ARITHMETIC,
                few -> steps.add(sum, a, own, residual, few * lanes()));
    }

    @Override
    void denseBytes(
            int vectors, float[] w, int weight, int bias, int offset, int k, float[] a, int input, int output, int centre) {
        recorded.add(
                steps, "denseBytes", 1, vectors, k, vectors,
                few -> steps.denseBytes(vectors, w, weight, bias, offset, few, a, input, output, centre));
    }
}
