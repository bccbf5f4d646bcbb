package dev.spindle.bench;

import dev.spindle.Checkpoint;
import dev.spindle.Options;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.plan.Weights;
import dev.spindle.quantise.CalibrationInputs;
import dev.spindle.quantise.Quantiser;
import dev.spindle.quantise.QuantiserSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What every peer is given to do. */
final class Workload {

    private static final long SEED = 2018;

    /** The plain loops. */
    static final String SCALAR = "scalar";

    private final Checkpoint checkpoint;
    private final int batch;
    private final int threads;
    /** Made when it is first asked for. */
    private Checkpoint quantised;

    /**
     * Describes it.
     *
     * @param checkpoint the network and its weights
     * @param batch images a call
     * @param threads threads a call
     */
    Workload(Checkpoint checkpoint, int batch, int threads) {
        if (batch < 1 || threads < 1) {
            throw new IllegalArgumentException(
                    "batch " + batch + " on " + threads + " threads, expected at least 1 of each");
        }
        this.checkpoint = checkpoint;
        this.batch = batch;
        this.threads = threads;
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

    Checkpoint checkpoint() {
        return checkpoint;
    }

    int batch() {
        return batch;
    }

    int threads() {
        return threads;
    }

    /** The network in integers: those of the file, or else what quantising it on {@link #input} gives. */
    Checkpoint quantised() {
        if (quantised == null) {
            quantised = checkpoint.quantised().isPresent()
                    ? checkpoint
                    : Quantiser.quantise(
                            checkpoint, calibration(), QuantiserSettings.DEFAULT, Options.DEFAULT, () -> {});
        }
        return quantised;
    }

    /** The images of a call, which are those that are run later. */
    private CalibrationInputs calibration() {
        float[] images = input();
        return new CalibrationInputs() {
            @Override
            public int count() {
                return batch;
            }

            @Override
            public float[] input(int index) {
                int length = images.length / batch;
                return Arrays.copyOfRange(images, index * length, (index + 1) * length);
            }
        };
    }

    Network network() {
        return checkpoint.network();
    }

    /** Operations of one call: a multiply-accumulate counts as two. */
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
     * @param name {@code onnxruntime} or a {@link Contestant}
     * @return the peer, ready to run, to be closed
     * @throws IllegalArgumentException for an unknown name
     * @throws IllegalStateException where it cannot run here or its output is wrong
     */
    Peer open(String name) {
        Peer peer = openUnchecked(name);
        String reference = reference(name);
        try (Peer other = openUnchecked(reference)) {
            requireName(peer.name(), name);
            other.run();
            peer.run();
            String what = name + " against " + other.name();
            if (Contestant.of(name).precision() == Contestant.of(reference).precision()) {
                Agreement.require(what, peer.logits(), other.logits());
            } else {
                Agreement.requireQuantised(what, peer.logits(), other.logits());
            }
            return peer;
        } catch (RuntimeException e) {
            peer.close();
            throw e;
        }
    }

    /** Whose output is checked against: the plain loops with the same numbers, and for those another implementation. */
    private static String reference(String name) {
        String loops = Contestant.of(name).reference().toString();
        if (!name.equals(loops)) {
            return loops;
        }
        return name.equals(SCALAR) ? OnnxRuntimePeer.NAME : SCALAR;
    }

    private Peer openUnchecked(String name) {
        Peer peer = name.equals(OnnxRuntimePeer.NAME)
                ? new OnnxRuntimePeer(this)
                : new SpindlePeer(this, Contestant.of(name));
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
