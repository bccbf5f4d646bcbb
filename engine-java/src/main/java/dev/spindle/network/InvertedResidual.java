package dev.spindle.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The paper's bottleneck block (section 3.4, table 1): 1x1 expansion, 3x3 depthwise, 1x1 projection. A
 * depthwise-separable layer of MobileNet V1 is a block without expansion whose projection is followed by an activation.
 *
 * @param name unique within the network
 * @param expand the expansion; empty where the expansion factor is 1
 * @param depthwise the 3x3 depthwise convolution, which carries the block's stride and dilation
 * @param project the projection
 * @param residual whether the block's input is added to the projection
 */
public record InvertedResidual(String name, Optional<Conv> expand, Conv depthwise, Conv project, boolean residual) {

    /** Checks that the three convolutions fit and that the skip connection is possible. */
    public InvertedResidual {
        Objects.requireNonNull(name, "name");
        int hidden = expand.map(Conv::outputs).orElse(depthwise.inputs());
        if (depthwise.inputs() != hidden || project.inputs() != hidden) {
            throw new IllegalArgumentException(name + ": expansion gives " + hidden + " channels, depthwise takes "
                    + depthwise.inputs() + ", projection takes " + project.inputs());
        }
        int inputs = expand.map(Conv::inputs).orElse(depthwise.inputs());
        if (residual && (depthwise.stride() != 1 || inputs != project.outputs())) {
            throw new IllegalArgumentException(name + ": a skip connection needs stride 1 and equal channels, found stride "
                    + depthwise.stride() + " and " + inputs + " -> " + project.outputs());
        }
    }

    /** Channels that come in. */
    public int inputs() {
        return expand.map(Conv::inputs).orElse(depthwise.inputs());
    }

    /** Channels in the middle, where the depthwise convolution works. */
    public int hidden() {
        return depthwise.inputs();
    }

    /** Channels that go out. */
    public int outputs() {
        return project.outputs();
    }

    /** The block's step, 1 or 2. */
    public int stride() {
        return depthwise.stride();
    }

    /** The same block with another step and dilation. */
    InvertedResidual with(int stride, int dilation) {
        Conv changed = new Conv(
                depthwise.name(), depthwise.inputs(), depthwise.outputs(), depthwise.kernel(), stride, dilation,
                depthwise.groups(), depthwise.activation());
        return new InvertedResidual(name, expand, changed, project, residual);
    }

    /** The convolutions in execution order. */
    public List<Conv> convolutions() {
        List<Conv> all = new ArrayList<>(3);
        expand.ifPresent(all::add);
        all.add(depthwise);
        all.add(project);
        return all;
    }
}
