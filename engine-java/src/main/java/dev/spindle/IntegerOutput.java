package dev.spindle;

import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.QuantisedSoftmax;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Outputs;
import dev.spindle.plan.Plan;
import dev.spindle.plan.QuantisedWeights;
import java.util.Optional;

/** What a classifier in integers gives its callers: buffers of a session, which allocate nothing in use. */
final class IntegerOutput {

    /** What signed bytes lie below unsigned ones; as a mask, it turns one into the other. */
    private static final int SIGN = 0x80;

    private final Plan plan;
    private final QuantisedWeights.Ends ends;
    private final Optional<QuantisedSoftmax> softmax;
    private final FeatureMap features;
    private final FeatureMap logits;
    private final int[] results;

    IntegerOutput(Plan plan, QuantisedWeights.Ends ends, Outputs.Classified outputs) {
        this.plan = plan;
        this.ends = ends;
        this.features = outputs.features();
        this.logits = outputs.logits();
        this.softmax = ends.softmax() ? Optional.of(new QuantisedSoftmax(steps(logits))) : Optional.empty();
        this.results = new int[Math.max(features.channels(), logits.channels())];
    }

    private static Quantisation steps(FeatureMap map) {
        return map.quantisation().orElseThrow();
    }

    /** Copies features or logits out as the real numbers that they stand for. */
    void real(Memory memory, FeatureMap map, float[] target, int to) {
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
