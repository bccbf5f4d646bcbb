package dev.spindle;

import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.QuantisedSoftmax;
import dev.spindle.network.Network;
import dev.spindle.plan.Plan;
import java.util.Optional;

/** What stands between a plan of integers and its callers: buffers of a session, which allocate nothing in use. */
final class IntegerEnds {

    /** What signed bytes lie below unsigned ones; as a mask, it turns one into the other. */
    private static final int SIGN = 0x80;

    private final Plan plan;
    private final Plan.Integers integers;
    private final Optional<QuantisedSoftmax> softmax;
    /** A row of the input as unsigned bytes. */
    private final byte[] row;
    /** The same as what a centred map holds; empty for one of bytes. */
    private final float[] steps;
    private final int[] results;
    private final int features;
    private final int classes;

    IntegerEnds(Plan plan, Plan.Integers integers) {
        Network network = plan.network();
        this.plan = plan;
        this.integers = integers;
        this.softmax =
                integers.ends().softmax() ? Optional.of(new QuantisedSoftmax(integers.logits())) : Optional.empty();
        this.row = new byte[3 * network.width()];
        this.steps = new float[plan.layout().isCentred() ? row.length : 0];
        this.features = network.features();
        this.classes = network.classes();
        this.results = new int[Math.max(features, classes)];
    }

    /** Writes an image of real numbers to where the plan takes it. */
    void stage(Memory activations, float[] input, int from) {
        Quantisation quantisation = integers.ends().input();
        for (int y = 0; y < plan.network().height(); y++) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (byte) quantisation.quantise(input[from + y * row.length + i]);
            }
            stageRow(activations, y);
        }
    }

    /** Writes an image of the model's own bytes to where the plan takes it. */
    void stage(Memory activations, byte[] input, int from) {
        int flip = integers.ends().signedInput() ? SIGN : 0;
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
        int zero = integers.ends().input().zeroPoint();
        for (int i = 0; i < row.length; i++) {
            steps[i] = Byte.toUnsignedInt(row[i]) - zero;
        }
        activations.write(offset, steps, 0, row.length);
    }

    /** Copies the logits out as the real numbers that they stand for. */
    void logits(Memory memory, float[] target, int to) {
        real(memory, plan.logits(), classes, integers.logits(), target, to);
    }

    /** Copies the features out as the real numbers that they stand for. */
    void features(Memory memory, float[] target, int to) {
        real(memory, plan.features(), features, integers.features(), target, to);
    }

    private void real(Memory memory, int offset, int count, Quantisation quantisation, float[] target, int to) {
        memory.readIntegers(offset, results, 0, count);
        int zero = zero(quantisation);
        for (int i = 0; i < count; i++) {
            target[to + i] = quantisation.scale() * (results[i] - zero);
        }
    }

    /** What the elements of a map have to be counted from. */
    private int zero(Quantisation quantisation) {
        return plan.layout().isCentred() ? 0 : quantisation.zeroPoint();
    }

    /** Copies the model's own output out: the logits, or what the softmax makes of them. */
    void output(Memory memory, byte[] target, int to) {
        memory.readIntegers(plan.logits(), results, 0, classes);
        if (softmax.isPresent()) {
            softmax.get().apply(results, classes, target, to);
        } else {
            int above = integers.logits().zeroPoint() - zero(integers.logits());
            for (int i = 0; i < classes; i++) {
                target[to + i] = (byte) (results[i] + above);
            }
        }
        if (integers.ends().signedOutput()) {
            for (int i = to; i < to + classes; i++) {
                target[i] ^= (byte) SIGN;
            }
        }
    }
}
