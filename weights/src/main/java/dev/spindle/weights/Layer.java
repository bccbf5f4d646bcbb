package dev.spindle.weights;

import dev.spindle.network.Conv;
import dev.spindle.plan.LayerWeights;

/**
 * A convolution with its weights, as found in a file.
 *
 * @param conv the description; a reader names it as the file does, {@link LayerStack} as the network does
 * @param weights in logical order
 */
record Layer(Conv conv, LayerWeights weights) {

    Layer named(String name) {
        Conv renamed = new Conv(
                name, conv.inputs(), conv.outputs(), conv.kernel(), conv.stride(), conv.dilation(), conv.groups(),
                conv.activation());
        return new Layer(renamed, weights);
    }
}
