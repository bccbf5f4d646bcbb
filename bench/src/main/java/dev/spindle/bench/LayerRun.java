package dev.spindle.bench;

import dev.spindle.kernel.ChannelwisePair;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Kernels;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Quantised;
import dev.spindle.kernel.Softmax;
import dev.spindle.kernel.Stem;
import dev.spindle.network.Network;
import dev.spindle.plan.Fusion;
import dev.spindle.plan.Plan;
import dev.spindle.plan.Planner;
import java.util.Iterator;
import java.util.List;

/** The layers of a planned network one by one, on one thread, on a single image. */
final class LayerRun implements AutoCloseable {

    private final Kernel kernel;
    private final Plan plan;
    private final Memory activations;
    private final int scratch;

    /**
     * Plans the workload's network.
     *
     * @param workload whose network and first image are used
     * @param backend a backend's name
     * @param fusion which blocks are fused, if the backend fuses any
     * @throws IllegalStateException where the backend cannot run here
     */
    LayerRun(Workload workload, String backend, Fusion fusion) {
        kernel = Kernels.byName(backend);
        plan = Planner.plan(workload.network(), workload.checkpoint().weights(), kernel.layout(), fusion);
        activations = plan.newActivations(1);
        scratch = plan.layout().origin() + plan.activationLength();
        float[] image = workload.input();
        int row = plan.network().width() * 3;
        for (int y = 0; y < plan.network().height(); y++) {
            activations.write(plan.input().row(y), image, y * row, row);
        }
    }

    /** What really runs. */
    String backend() {
        return kernel.name();
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
        LayerShape shape = LayerShape.of(plan.network(), layer);
        int c = plan.layout().channelBlock();
        float[] blocked = new float[shape.pixels() * plan.layout().padded(shape.channels())];
        activations.read(offset(layer), blocked, 0, blocked.length);
        float[] output = new float[shape.pixels() * shape.channels()];
        for (int i = 0; i < output.length; i++) {
            int pixel = i / shape.channels();
            int channel = i % shape.channels();
            output[i] = blocked[(channel / c * shape.pixels() + pixel) * c + channel % c];
        }
        return output;
    }

    /** The layer that makes this layer's output in a plan without fusion. */
    private static String outputName(Layer layer) {
        return switch (layer) {
            case FusedBlock block -> block.project().name();
            case ChannelwisePair pair -> pair.channelwise().name();
            default -> layer.name();
        };
    }

    private static int offset(Layer layer) {
        return switch (layer) {
            case Stem stem -> stem.output();
            case Pointwise pointwise -> pointwise.output();
            case Depthwise depthwise -> depthwise.output();
            case FusedBlock block -> block.project().output();
            case GlobalAverage pool -> pool.output();
            case ChannelwisePair pair -> offset(pair.channelwise());
            case Dense dense -> dense.output();
            case Quantised quantised -> offset(quantised.shape());
            case Softmax softmax -> softmax.output();
        };
    }

    @Override
    public void close() {
        activations.close();
        plan.weights().close();
    }
}
