package dev.spindle;

import dev.spindle.image.Preprocessing;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.plan.QuantisedNetworks;
import dev.spindle.plan.Weights;
import java.util.List;
import java.util.Random;

/** Small models with seeded weights. */
final class TestNetworks {

    private static final Checkpoint.Source SOURCE =
            new Checkpoint.Source("test", "test", Double.NaN, List.of(), List.of());

    private TestNetworks() {}

    static Checkpoint checkpoint(double width, int height, int inputWidth, int classes) {
        Network network =
                MobileNetV2.builder().widthMultiplier(width).resolution(height, inputWidth).classes(classes).build();
        return new Checkpoint(network, Weights.random(network, 7), Preprocessing.TF, List.of(), SOURCE);
    }

    /** The same with random integers, which have nothing to do with its weights of fp32. */
    static Checkpoint quantised(double width, int height, int inputWidth, int classes, long seed) {
        Checkpoint checkpoint = checkpoint(width, height, inputWidth, classes);
        return checkpoint.withQuantised(
                QuantisedNetworks.random(checkpoint.network(), seed, QuantisedNetworks.Style.PLAIN));
    }

    static float[] input(Network network, int images) {
        float[] input = new float[images * network.height() * network.width() * 3];
        Random random = new Random(11);
        for (int i = 0; i < input.length; i++) {
            input[i] = random.nextFloat() * 2 - 1;
        }
        return input;
    }
}
