package dev.spindle.kernel;

import java.util.Optional;

/**
 * A {@link Pointwise} in integers, perhaps with a sum behind it: the residual is added to the result, in bytes.
 *
 * @param shape where everything stands
 * @param requantisation from sums to the convolution's own bytes
 * @param sum from those and the residual's to the result; empty where {@code shape.residual()} is -1
 * @param sumInFloat the same in fp32; empty where there is none or fp32 cannot give it, and where weights are not floats
 */
public record QuantisedPointwise(
        Pointwise shape, Requantisation requantisation, Optional<QuantisedSum> sum, Optional<FloatSum> sumInFloat)
        implements ChannelTiled, Quantised {

    @Override
    public Quantisation output() {
        return sum.map(QuantisedSum::output).orElse(requantisation.output());
    }

    @Override
    public void runInto(Kernel kernel, Memory weights, Memory activations, int place, int from, int to) {
        kernel.quantised().orElseThrow().pointwise(this, weights, activations, place, from, to);
    }

    @Override
    public void run(QuantisedKernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        kernel.pointwise(this, weights, activations, shape.output(), from, to);
    }
}
