package dev.spindle;

import dev.spindle.kernel.Memory;
import dev.spindle.plan.Plan;
import dev.spindle.plan.QuantisedWeights;

/** How a plan of integers takes its input: buffers of a session, which allocate nothing in use. */
final class IntegerInput {

    /** What signed bytes lie below unsigned ones; as a mask, it turns one into the other. */
    private static final int SIGN = 0x80;

    private final Plan plan;
    private final QuantisedWeights.Ends ends;
    /** A row of the input, 0 to 255. */
    private final int[] levels;
    /** The same as bytes; empty for a centred map. */
    private final byte[] row;
    /** The same as what a centred map holds; empty for one of bytes. */
    private final float[] steps;

    IntegerInput(Plan plan, QuantisedWeights.Ends ends) {
        this.plan = plan;
        this.ends = ends;
        this.levels = new int[3 * plan.network().width()];
        this.row = new byte[plan.layout().isCentred() ? 0 : levels.length];
        this.steps = new float[plan.layout().isCentred() ? levels.length : 0];
    }

    /** Writes an image of real numbers to where the plan takes it. */
    void stage(Memory activations, float[] input, int from) {
        for (int y = 0; y < plan.network().height(); y++) {
            ends.input().quantise(input, from + y * levels.length, levels);
            stageRow(activations, y);
        }
    }

    /** Writes an image of the model's own bytes to where the plan takes it. */
    void stage(Memory activations, byte[] input, int from) {
        int flip = ends.signedInput() ? SIGN : 0;
        for (int y = 0; y < plan.network().height(); y++) {
            for (int i = 0; i < levels.length; i++) {
                levels[i] = Byte.toUnsignedInt(input[from + y * levels.length + i]) ^ flip;
            }
            stageRow(activations, y);
        }
    }

    private void stageRow(Memory activations, int y) {
        int offset = plan.input().row(y);
        if (!plan.layout().isCentred()) {
            for (int i = 0; i < levels.length; i++) {
                row[i] = (byte) levels[i];
            }
            activations.write(offset, row, 0, row.length);
            return;
        }
        int zero = ends.input().zeroPoint();
        for (int i = 0; i < levels.length; i++) {
            steps[i] = levels[i] - zero;
        }
        activations.write(offset, steps, 0, steps.length);
    }
}
