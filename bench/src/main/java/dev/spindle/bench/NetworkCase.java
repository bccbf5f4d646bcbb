package dev.spindle.bench;

import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;

/**
 * MobileNetV2 as it is run in a suite.
 *
 * @param width width multiplier
 * @param resolution pixels a side
 * @param batch images a call
 * @param threads threads a call
 */
record NetworkCase(double width, int resolution, int batch, int threads) {

    Network network() {
        return MobileNetV2.builder().widthMultiplier(width).resolution(resolution).build();
    }

    /** See {@link Workload#flops}. */
    double flops() {
        return 2.0 * network().macs() * batch;
    }

    /** Such as {@code 1.0 at 224, 1 thread, batch 8}. */
    String label() {
        return width + " at " + resolution + ", " + threads + (threads == 1 ? " thread" : " threads")
                + (batch == 1 ? "" : ", batch " + batch);
    }
}
