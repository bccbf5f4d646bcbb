package dev.spindle.bench;

import dev.spindle.Checkpoint;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.plan.Weights;
import java.util.List;
import java.util.Random;

/**
 * What every peer is given to do.
 *
 * @param checkpoint the network and its weights
 * @param batch images a call
 * @param threads threads a call
 */
record Workload(Checkpoint checkpoint, int batch, int threads) {

    private static final long SEED = 2018;

    /** The plain loops. */
    static final String SCALAR = "scalar";

    Workload {
        if (batch < 1 || threads < 1) {
            throw new IllegalArgumentException(
                    "batch " + batch + " on " + threads + " threads, expected at least 1 of each");
        }
    }

    /** MobileNetV2 of the paper with 1000 classes and random weights. */
    static Workload mobileNetV2(double width, int resolution, int batch, int threads) {
        Network network = MobileNetV2.builder().widthMultiplier(width).resolution(resolution).build();
        return random(network, batch, threads);
    }

    /** Any network with seeded random weights: speed does not depend on their values. */
    static Workload random(Network network, int batch, int threads) {
        Checkpoint.Source source = new Checkpoint.Source("none", "random weights", Double.NaN, List.of(), List.of());
        Weights weights = Weights.random(network, SEED);
        return new Workload(
                new Checkpoint(network, weights, Preprocessing.TF, List.of(), source), batch, threads);
    }

    Network network() {
        return checkpoint.network();
    }

    /** Floating-point operations of one call: a multiply-accumulate counts as two. */
    double flops() {
        return 2.0 * network().macs() * batch;
    }

    /** The images of one call, {@code [batch][height][width][3]}, seeded, in [-1, 1]. */
    float[] input() {
        float[] images = new float[batch * network().height() * network().width() * 3];
        Random random = new Random(SEED);
        for (int i = 0; i < images.length; i++) {
            images[i] = 2 * random.nextFloat() - 1;
        }
        return images;
    }

    /**
     * Opens a peer by name, gives it this workload's input and checks its output against another implementation.
     *
     * @param name {@code onnxruntime} or one of Spindle's backends
     * @return the peer, ready to run, to be closed
     * @throws IllegalArgumentException for an unknown name
     * @throws IllegalStateException where it cannot run here or its output is wrong
     */
    Peer open(String name) {
        Peer peer = openUnchecked(name);
        try (Peer reference = openUnchecked(name.equals(SCALAR) ? OnnxRuntimePeer.NAME : SCALAR)) {
            requireName(peer.name(), name);
            reference.run();
            peer.run();
            Agreement.require(name + " against " + reference.name(), peer.logits(), reference.logits());
            return peer;
        } catch (RuntimeException e) {
            peer.close();
            throw e;
        }
    }

    private Peer openUnchecked(String name) {
        Peer peer = name.equals(OnnxRuntimePeer.NAME) ? new OnnxRuntimePeer(this) : new SpindlePeer(this, name);
        peer.load(input());
        return peer;
    }

    /** Throws where something else runs than was asked for: figures must say what they measure. */
    static void requireName(String found, String asked) {
        if (!found.equals(asked)) {
            throw new IllegalStateException("asked for " + asked + ", but " + found + " runs; name a backend");
        }
    }
}
