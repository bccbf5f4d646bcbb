package dev.spindle.kernel;

/**
 * TensorFlow Lite's sum of two quantised maps: both are shifted left by 20 bits and scaled to twice the larger of their
 * scales, added, and scaled to the output's. A term depends on nothing but its byte.
 *
 * @param own the convolution's result, before the sum
 * @param ownMultiplier scales it
 * @param residual what is added to it
 * @param residualMultiplier scales that
 * @param outputMultiplier scales the sum
 * @param output what the result stands for
 */
public record QuantisedSum(
        Quantisation own,
        Multiplier ownMultiplier,
        Quantisation residual,
        Multiplier residualMultiplier,
        Multiplier outputMultiplier,
        Quantisation output) {

    /** Bits by which both terms are shifted to the left. */
    public static final int LEFT_SHIFT = 20;

    /** The sum of two maps. */
    public static QuantisedSum of(Quantisation own, Quantisation residual, Quantisation output) {
        double twice = 2 * Math.max(own.scale(), residual.scale());
        return new QuantisedSum(
                own,
                Multiplier.of(own.scale() / twice),
                residual,
                Multiplier.of(residual.scale() / twice),
                Multiplier.of(twice / ((1 << LEFT_SHIFT) * (double) output.scale())),
                output);
    }

    /**
     * One byte of the result.
     *
     * @param ownStep the convolution's byte less its zero point
     * @param residualStep the other byte less its zero point
     */
    public int apply(int ownStep, int residualStep) {
        int sum = ownMultiplier.apply(ownStep << LEFT_SHIFT) + residualMultiplier.apply(residualStep << LEFT_SHIFT);
        return Math.clamp((long) output.zeroPoint() + outputMultiplier.apply(sum), 0, Quantisation.MAX);
    }
}
