package dev.spindle.bench;

import dev.spindle.kernel.ChannelwisePair;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Kernels;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.PooledPointwise;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.Quantised;
import dev.spindle.network.Network;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Fusion;
import dev.spindle.plan.Plan;
import java.util.Iterator;
import java.util.List;

/** The layers of a planned network one by one, on one thread, on a single image. */
final class LayerRun implements AutoCloseable {

    private final Contestant contestant;
    private final Kernel kernel;
    private final Plan plan;
    private final Memory activations;
    private final int scratch;

    /**
     * Plans the workload's network.
     *
     * @param workload whose network and first image are used
     * @param backend a {@link Contestant}
     * @param fusion which blocks are fused, if the backend fuses any
     * @throws IllegalStateException where the backend cannot run here
     */
    LayerRun(Workload workload, String backend, Fusion fusion) {
        contestant = Contestant.of(backend);
        kernel = Kernels.byName(contestant.backend());
        plan = contestant.plan(workload, kernel, fusion);
        kernel.prepare(plan.weights());
        activations = plan.newActivations(1);
        scratch = plan.layout().origin() + plan.activationLength();
        float[] image = workload.input();
        int row = plan.network().width() * 3;
        for (int y = 0; y < plan.network().height(); y++) {
            stage(image, y * row, row, plan.input().row(y));
        }
    }

    private void stage(float[] image, int from, int count, int offset) {
        if (plan.integers().isEmpty()) {
            activations.write(offset, image, from, count);
            return;
        }
        Quantisation input = plan.integers().get().input();
        float[] steps = new float[count];
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            int level = input.quantise(image[from + i]);
            bytes[i] = (byte) level;
            steps[i] = level - input.zeroPoint();
        }
        if (plan.layout().isCentred()) {
            activations.write(offset, steps, 0, count);
        } else {
            activations.write(offset, bytes, 0, count);
        }
    }

    /** What really runs. */
    String backend() {
        return new Contestant(kernel.name(), contestant.precision()).toString();
    }

    Network network() {
        return plan.network();
    }

    /** In execution order. */
    List<Layer> layers() {
        return plan.layers();
    }

    /** The layer's name and shape, such as {@code block3.expand 3136.24.144}. */
    String label(Layer layer) {
        return layer.name() + " " + LayerShape.of(plan.network(), layer);
    }

    /** Runs every layer before this one, so that its input is there, and returns it. */
    Layer prepare(String label) {
        for (Layer layer : plan.layers()) {
            if (label(layer).equals(label)) {
                return layer;
            }
            run(layer);
        }
        throw new IllegalArgumentException("no layer " + label + ", expected one of "
                + plan.layers().stream().map(this::label).toList());
    }

    /** Runs every layer up to the one whose output a layer of another plan makes, be it fused or not, and returns it. */
    Layer prepareOutputOf(Layer other) {
        String name = outputName(other);
        for (Layer layer : plan.layers()) {
            run(layer);
            if (layer.name().equals(name)) {
                return layer;
            }
        }
        throw new IllegalArgumentException("no layer " + name);
    }

    /**
     * Runs all layers and checks the output of each.
     *
     * @param reference the same network, not fused
     * @throws IllegalStateException where an output is wrong
     */
    void requireAgreement(LayerRun reference) {
        Iterator<Layer> expected = reference.layers().iterator();
        for (Layer layer : plan.layers()) {
            run(layer);
            String name = outputName(layer);
            Layer match;
            do {
                match = expected.next();
                reference.run(match);
            } while (!match.name().equals(name));
            Agreement.require(backend() + ": " + label(layer), output(layer), reference.output(match));
        }
    }

    /** Runs one layer. A layer leaves its input as it is, so it may run again. */
    void run(Layer layer) {
        layer.run(kernel, plan.weights(), activations, scratch, 0, layer.units());
    }

    /** What a layer's last run made, {@code [pixels][channels]}; later layers may have written over it. */
    float[] output(Layer layer) {
        FeatureMap map = plan.maps().get(plan.layers().indexOf(layer));
        return map.read(activations, plan.layout());
    }

    /** The layer that makes this layer's output in a plan without fusion. */
    private static String outputName(Layer layer) {
        return switch (layer) {
            case FusedBlock block -> block.project().name();
            case ChannelwisePair pair -> pair.channelwise().name();
            case PooledPointwise pooled -> pooled.average().name();
            case Quantised quantised -> outputName(quantised.shape());
            default -> layer.name();
        };
    }

    @Override
    public void close() {
        activations.close();
        plan.weights().close();
    }
}
