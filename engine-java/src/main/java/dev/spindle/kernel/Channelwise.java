package dev.spindle.kernel;

/** A layer that works on each channel by itself. Units run through its channel blocks, the same number a block. */
public sealed interface Channelwise extends Layer
        permits Depthwise, QuantisedDepthwise, Average {

    /** Units of one channel block. */
    int unitsPerBlock();
}
