package dev.spindle;

import dev.spindle.kernel.Memory;
import dev.spindle.kernel.UpsampledArgMax;
import dev.spindle.network.DeepLab;
import dev.spindle.network.Network;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Outputs;
import dev.spindle.plan.Plan;

/** What a segmentation network gives its callers: buffers of a session, which allocate nothing in use. */
final class MaskOutput {

    /** What signed bytes lie below unsigned ones. */
    private static final int SIGN = 128;

    private final Plan plan;
    private final FeatureMap logits;
    private final UpsampledArgMax argMax;
    /** What is added to elements of the map to make them the logits that are compared. */
    private final int shift;
    private final float[] block;
    private final int[] integers;
    private final float[] values;

    MaskOutput(Plan plan, DeepLab top, Outputs.Segmented outputs) {
        Network network = plan.network();
        boolean signed = plan.integers().isPresent() && plan.integers().get().signedMaps();
        this.plan = plan;
        this.logits = outputs.logits();
        this.argMax = new UpsampledArgMax(
                logits.height(), logits.width(), logits.channels(), network.height(), network.width(), top.sampling(),
                plan.integers().isEmpty()
                        ? UpsampledArgMax.Rounding.NONE
                        : signed ? UpsampledArgMax.Rounding.SIGNED_BYTES : UpsampledArgMax.Rounding.UNSIGNED_BYTES);
        boolean centred = plan.integers().isPresent() && plan.layout().isCentred();
        this.shift = (centred ? logits.quantisation().orElseThrow().zeroPoint() : 0) - (signed ? SIGN : 0);
        this.block = new float[logits.pixels() * plan.layout().channelBlock()];
        this.integers = new int[plan.integers().isPresent() ? block.length : 0];
        this.values = new float[logits.length()];
    }

    /** Pixels of a mask. */
    int length() {
        return argMax.length();
    }

    /** Finds the classes of all pixels. */
    void mask(Memory memory, byte[] mask) {
        int c = plan.layout().channelBlock();
        int channels = logits.channels();
        for (int first = 0; first < channels; first += c) {
            read(memory, logits.offset() + first * logits.pixels());
            int lanes = Math.min(c, channels - first);
            for (int pixel = 0; pixel < logits.pixels(); pixel++) {
                System.arraycopy(block, pixel * c, values, pixel * channels + first, lanes);
            }
        }
        argMax.apply(values, mask);
    }

    private void read(Memory memory, int from) {
        if (integers.length == 0) {
            memory.read(from, block, 0, block.length);
            return;
        }
        memory.readIntegers(from, integers, 0, integers.length);
        for (int i = 0; i < block.length; i++) {
            block[i] = integers[i] + shift;
        }
    }
}
