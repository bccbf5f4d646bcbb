package dev.spindle.kernel;

import java.util.Optional;

/**
 * A {@link FusedBlock} in integers. Where maps are of floats, sums wait in the output as in fp32. Where they are not, all
 * hidden channels are one group: a step computes the rows of the first convolution that it needs, the depthwise rows, and
 * the finished rows of the projection, so that no sums wait anywhere.
 *
 * @param shape where everything stands
 * @param stem the first convolution if it is the stem
 * @param expand the first convolution if it is an expansion
 * @param depthwise the depthwise convolution
 * @param project the projection, perhaps with a sum
 */
public record QuantisedFusedBlock(
        FusedBlock shape,
        Optional<QuantisedStem> stem,
        Optional<QuantisedPointwise> expand,
        QuantisedDepthwise depthwise,
        QuantisedPointwise project)
        implements Quantised {

    /** From the sums of the first convolution to bytes; only where there is one. */
    public Requantisation first() {
        return stem.isPresent() ? stem.get().requantisation() : expand.orElseThrow().requantisation();
    }

    @Override
    public Quantisation output() {
        return project.output();
    }

    @Override
    public void run(QuantisedKernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        kernel.fusedBlock(this, weights, activations, scratch, from, to);
    }
}
