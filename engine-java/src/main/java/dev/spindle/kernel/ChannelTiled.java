package dev.spindle.kernel;

/** A 1x1 convolution, whatever its numbers. */
public sealed interface ChannelTiled extends Layer permits Pointwise, QuantisedPointwise {

    /** The cut into register tiles. */
    Tiling tiling();
}
