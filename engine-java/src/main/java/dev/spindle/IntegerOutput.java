package dev.spindle;

import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.QuantisedSoftmax;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Plan;
import dev.spindle.plan.QuantisedWeights;
import java.util.Optional;

/** The bytes that a classifier in integers gives its callers: buffers of a session, which allocate nothing in use. */
final class IntegerOutput {

    /** What signed bytes lie below unsigned ones; as a mask, it turns one into the other. */
    private static final int SIGN = 0x80;

    private final QuantisedWeights.Ends ends;
    private final Optional<QuantisedSoftmax> softmax;
    private final FeatureMap logits;
    /** What is added to the elements of the map to make them bytes. */
    private final int above;
    private final int[] results;

    IntegerOutput(Plan plan, QuantisedWeights.Ends ends, FeatureMap logits) {
        this.ends = ends;
        this.logits = logits;
        Quantisation steps = logits.quantisation().orElseThrow();
        this.above = plan.layout().isCentred() ? steps.zeroPoint() : 0;
        this.softmax = ends.softmax() ? Optional.of(new QuantisedSoftmax(steps)) : Optional.empty();
        this.results = new int[logits.channels()];
    }

    /** Copies the model's own output out: the logits, or what the softmax makes of them. */
    void output(Memory memory, byte[] target, int to) {
        int classes = logits.channels();
        memory.readIntegers(logits.offset(), results, 0, classes);
        if (softmax.isPresent()) {
            softmax.get().apply(results, classes, target, to);
        } else {
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
