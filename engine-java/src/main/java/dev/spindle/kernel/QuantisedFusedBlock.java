package dev.spindle.kernel;

import java.util.Optional;

/**
 * A {@link FusedBlock} in integers. All hidden channels are one group: a step computes the rows of the first convolution
 * that it needs, the depthwise rows, and the finished rows of the projection, so that no sums wait anywhere.
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

    @Override
    public Quantisation output() {
        return project.output();
    }

    @Override
    public void run(QuantisedKernel kernel, Memory weights, Memory activations, int scratch, int from, int to) {
        kernel.fusedBlock(this, weights, activations, scratch, from, to);
    }
}
