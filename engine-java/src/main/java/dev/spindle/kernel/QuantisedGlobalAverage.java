package dev.spindle.kernel;

import java.util.Optional;

/**
 * A {@link GlobalAverage} in integers: TensorFlow Lite's MEAN, which scales the sum of a channel, or its AVERAGE_POOL_2D,
 * which divides it and rounds halves away from the byte that it takes for 0.
 *
 * @param shape where everything stands
 * @param input what the bytes of the input stand for
 * @param mean scales the sum over centred inputs; empty where it is divided
 * @param pivot the byte from which halves round away: 128 for a map of signed bytes, 0 for one of unsigned
 * @param output what the bytes of the result stand for
 * @param inFloat from sums to steps in fp32, the same for each lane of a channel block; empty where fp32 does not do it exactly,
 *     and where weights are not floats
 */
public record QuantisedGlobalAverage(
        GlobalAverage shape,
        Quantisation input,
        Optional<Multiplier> mean,
        int pivot,
        Quantisation output,
        Optional<FloatRequantisation> inFloat)
        implements Average, Quantised {

    /** The same with steps in fp32 for blocks of {@code channels}, where these are exact. */
    public QuantisedGlobalAverage inFloat(int channels) {
        int zero = output.zeroPoint();
        int least = -shape.pixels() * input.zeroPoint();
        int most = shape.pixels() * (Quantisation.MAX - input.zeroPoint());
        if (Math.max(-least, most) >= 1 << Float.PRECISION) {
            return this;
        }
        double factor = mean.map(Multiplier::factor).orElse(1.0 / shape.pixels());
        return new QuantisedGlobalAverage(shape, input, mean, pivot, output, FloatRequantisation.of(
                sum -> apply(sum) - zero, factor, least, most, channels, -zero, Quantisation.MAX - zero));
    }

    /**
     * The byte of a channel's average, 0 to 255.
     *
     * @param sum of all u - z of the channel
     */
    public int apply(int sum) {
        if (mean.isPresent()) {
            return Math.clamp((long) output.zeroPoint() + mean.get().apply(sum), 0, Quantisation.MAX);
        }
        int pixels = shape.pixels();
        int total = sum + pixels * input.zeroPoint();
        return (total + (total < pixels * pivot ? pixels - 1 : pixels) / 2) / pixels;
    }

    @Override
    public void runFrom(Kernel kernel, Memory activations, int place, int from, int to) {
        kernel.quantised().orElseThrow().globalAverage(this, activations, place, from, to);
    }

    @Override
    public void run(QuantisedKernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        kernel.globalAverage(this, activations, shape.input(), from, to);
    }
}
