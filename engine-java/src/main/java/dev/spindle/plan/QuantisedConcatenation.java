package dev.spindle.plan;

import dev.spindle.kernel.Multiplier;
import dev.spindle.kernel.Quantisation;
import java.util.Objects;

/**
 * How the two branches of a {@link dev.spindle.network.DeepLab} in integers are joined. A branch's bytes become those of the
 * first kind as TensorFlow Lite's QUANTIZE does it, in fixed point, and those the result's as its CONCATENATION of unsigned
 * bytes does, in fp32; neither does anything between equal kinds.
 *
 * @param aspp what the bytes of the pixels' branch stand for where it is joined
 * @param imagePooling the same of the average's branch
 * @param output what the bytes of the result stand for
 */
public record QuantisedConcatenation(Quantisation aspp, Quantisation imagePooling, Quantisation output) {

    /** Checks that nothing is null. */
    public QuantisedConcatenation {
        Objects.requireNonNull(aspp, "aspp");
        Objects.requireNonNull(imagePooling, "imagePooling");
        Objects.requireNonNull(output, "output");
    }

    /**
     * What becomes of each byte of a branch.
     *
     * @param layer what it stands for behind the branch's convolution
     * @param joined what it stands for where it is joined
     * @throws IllegalArgumentException where fixed point cannot express the factor between the two
     */
    byte[] results(Quantisation layer, Quantisation joined) {
        byte[] results = new byte[Quantisation.MAX + 1];
        for (int u = 0; u < results.length; u++) {
            results[u] = (byte) concatenated(quantised(u, layer, joined), joined);
        }
        return results;
    }

    private static int quantised(int u, Quantisation from, Quantisation to) {
        if (from.equals(to)) {
            return u;
        }
        Multiplier multiplier = Multiplier.of((double) from.scale() / to.scale());
        return Math.clamp((long) to.zeroPoint() + multiplier.apply(u - from.zeroPoint()), 0, Quantisation.MAX);
    }

    private int concatenated(int u, Quantisation from) {
        if (from.equals(output)) {
            return u;
        }
        float scale = from.scale() * (1 / output.scale());
        float shift = -from.zeroPoint() * scale;
        float steps = u * scale + shift;
        return Math.clamp((long) (int) (steps + Math.copySign(0.5f, steps)) + output.zeroPoint(), 0, Quantisation.MAX);
    }
}
