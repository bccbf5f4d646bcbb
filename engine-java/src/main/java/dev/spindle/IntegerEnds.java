package dev.spindle;

import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.QuantisedSoftmax;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Plan;
import dev.spindle.plan.QuantisedWeights;
import java.util.Optional;

/** What stands between a plan of integers and its callers: buffers of a session, which allocate nothing in use. */
final class IntegerEnds {

    /** What signed bytes lie below unsigned ones; as a mask, it turns one into the other. */
    private static final int SIGN = 0x80;

    private final Plan plan;
    private final QuantisedWeights.Ends ends;
    private final Optional<QuantisedSoftmax> softmax;
    /** A row of the input as unsigned bytes. */
    private final byte[] row;
    /** The same before it is narrowed. */
    private final int[] quantised;
    /** The same as what a centred map holds; empty for one of bytes. */
    private final float[] steps;
    private final FeatureMap features;
    private final FeatureMap logits;
    private final int[] results;

    IntegerEnds(Plan plan, QuantisedWeights.Ends ends) {
        this.plan = plan;
        this.ends = ends;
        this.features = plan.classified().features();
        this.logits = plan.classified().logits();
        this.softmax = ends.softmax() ? Optional.of(new QuantisedSoftmax(steps(logits))) : Optional.empty();
        this.row = new byte[3 * plan.network().width()];
        this.quantised = new int[row.length];
        this.steps = new float[plan.layout().isCentred() ? row.length : 0];
        this.results = new int[Math.max(features.channels(), logits.channels())];
    }

    private static Quantisation steps(FeatureMap map) {
        return map.quantisation().orElseThrow();
    }

    /** Writes an image of real numbers to where the plan takes it. */
    void stage(Memory activations, float[] input, int from) {
        Quantisation quantisation = ends.input();
        for (int y = 0; y < plan.network().height(); y++) {
            quantisation.quantise(input, from + y * row.length, quantised);
            for (int i = 0; i < row.length; i++) {
                row[i] = (byte) quantised[i];
            }
            stageRow(activations, y);
        }
    }

    /** Writes an image of the model's own bytes to where the plan takes it. */
    void stage(Memory activations, byte[] input, int from) {
        int flip = ends.signedInput() ? SIGN : 0;
        for (int y = 0; y < plan.network().height(); y++) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (byte) (input[from + y * row.length + i] ^ flip);
            }
            stageRow(activations, y);
        }
    }

    private void stageRow(Memory activations, int y) {
        int offset = plan.input().row(y);
        if (!plan.layout().isCentred()) {
            activations.write(offset, row, 0, row.length);
            return;
        }
        int zero = ends.input().zeroPoint();
        for (int i = 0; i < row.length; i++) {
            steps[i] = Byte.toUnsignedInt(row[i]) - zero;
        }
        activations.write(offset, steps, 0, row.length);
    }

    /** Copies the logits out as the real numbers that they stand for. */
    void logits(Memory memory, float[] target, int to) {
        real(memory, logits, target, to);
    }

    /** Copies the features out as the real numbers that they stand for. */
    void features(Memory memory, float[] target, int to) {
        real(memory, features, target, to);
    }

    private void real(Memory memory, FeatureMap map, float[] target, int to) {
        memory.readIntegers(map.offset(), results, 0, map.channels());
        int zero = zero(steps(map));
        for (int i = 0; i < map.channels(); i++) {
            target[to + i] = steps(map).scale() * (results[i] - zero);
        }
    }

    /** What the elements of a map have to be counted from. */
    private int zero(Quantisation quantisation) {
        return plan.layout().isCentred() ? 0 : quantisation.zeroPoint();
    }

    /** Copies the model's own output out: the logits, or what the softmax makes of them. */
    void output(Memory memory, byte[] target, int to) {
        int classes = logits.channels();
        memory.readIntegers(logits.offset(), results, 0, classes);
        if (softmax.isPresent()) {
            softmax.get().apply(results, classes, target, to);
        } else {
            int above = steps(logits).zeroPoint() - zero(steps(logits));
            for (int i = 0; i < classes; i++) {
                target[to + i] = (byte) (results[i] + above);
            }
        }
        if (ends.signedOutput()) {
            for (int i = to; i < to + classes; i++) {
                target[i] ^= (byte) SIGN;
            }
        }
    }
}
