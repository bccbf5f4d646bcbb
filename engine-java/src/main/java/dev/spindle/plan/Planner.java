package dev.spindle.plan;

import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Layout;
import dev.spindle.network.Classifier;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.SsdLite;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Turns a network and its weights into a {@link Plan} for one kernel's layout. What numbers are is the {@link Lowering}'s. */
public final class Planner {

    private final Network network;
    private final Lowering lowering;
    private final Layout layout;
    private final Fusion fusion;
    private final Set<String> kept;
    private final LayerPlanner layers;

    private Planner(Network network, Lowering lowering, Layout layout, Fusion fusion, Set<String> kept) {
        this.network = network;
        this.lowering = lowering;
        this.layout = layout;
        this.fusion = layout.fuses() ? fusion : Fusion.NEVER;
        this.kept = Set.copyOf(kept);
        Set<String> wanted = new HashSet<>(kept);
        wanted.addAll(network.top().taps());
        this.layers = new LayerPlanner(network, lowering, layout, fusion, wanted);
    }

    /**
     * Makes a plan.
     *
     * @param network the description
     * @param weights its weights, not folded yet
     * @param layout what the kernel wants
     * @return the plan, which owns its packed weights
     * @throws IllegalArgumentException where the network is too large for 2^31 floats
     */
    public static Plan plan(Network network, Weights weights, Layout layout) {
        return plan(network, weights, layout, Fusion.AUTO);
    }

    /**
     * Makes a plan with a say in which blocks are fused.
     *
     * @param network the description
     * @param weights its weights, not folded yet
     * @param layout what the kernel wants; without {@link Layout#fuses} no block is fused
     * @param fusion which blocks
     * @return the plan, which owns its packed weights
     * @throws IllegalArgumentException where the network is too large for 2^31 floats
     */
    public static Plan plan(Network network, Weights weights, Layout layout, Fusion fusion) {
        return plan(network, weights, layout, fusion, Set.of());
    }

    /**
     * Makes a plan that keeps maps.
     *
     * @param network the description
     * @param weights its weights, not folded yet
     * @param layout what the kernel wants; without {@link Layout#fuses} nothing is fused
     * @param fusion which blocks; those that have a map to keep inside are not fused
     * @param kept the layers whose maps stand in memory until the end, by the names of convolutions, {@link Network#POOL}
     *     and {@link Network#CLASSIFIER}; see {@link Plan#kept}
     * @return the plan, which owns its packed weights
     * @throws IllegalArgumentException where the network is too large for 2^31 floats, or has no layer of a name
     */
    public static Plan plan(Network network, Weights weights, Layout layout, Fusion fusion, Set<String> kept) {
        return plan(network, new FloatLowering(weights, layout), layout, fusion, kept, Optional.empty());
    }

    /**
     * Makes a plan that computes in integers.
     *
     * @param network the description
     * @param weights its integers
     * @param layout what the kernel of integers wants
     * @param fusion which blocks
     * @return the plan, which owns its packed weights
     * @throws IllegalArgumentException where the network is too large for 2^31 elements
     */
    public static Plan plan(Network network, QuantisedWeights weights, Layout layout, Fusion fusion) {
        return plan(network, weights, layout, fusion, Set.of());
    }

    /**
     * Makes a plan that computes in integers and keeps maps.
     *
     * @param network the description
     * @param weights its integers
     * @param layout what the kernel of integers wants
     * @param fusion which blocks; those that have a map to keep inside are not fused
     * @param kept as in a plan of fp32
     * @return the plan, which owns its packed weights
     * @throws IllegalArgumentException where the network is too large for 2^31 elements, or has no layer of a name
     */
    public static Plan plan(Network network, QuantisedWeights weights, Layout layout, Fusion fusion, Set<String> kept) {
        return plan(network, new QuantisedLowering(network, weights, layout), layout, fusion, kept, Optional.of(weights));
    }

    private static Plan plan(
            Network network,
            Lowering lowering,
            Layout layout,
            Fusion fusion,
            Set<String> kept,
            Optional<QuantisedWeights> quantised) {
        try {
            return new Planner(network, lowering, layout, fusion, kept).build(quantised.map(QuantisedWeights::ends));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("a network of " + network.height() + "x" + network.width()
                    + " pixels and " + network.parameters() + " parameters needs more than 2^31 numbers", e);
        }
    }

    private Plan build(Optional<QuantisedWeights.Ends> integers) {
        // No map that a depthwise convolution reads is wider than the first.
        int widest = Padding.outputSize(network.width(), network.stem().stride());
        List<Plan.Fill> fills = new ArrayList<>(layers.planZeros(network.blocks(), widest));
        Plan.StagedInput staged = stageInput();
        fills.add(new Plan.Fill(
                staged.offset(), BackbonePlanner.stagedLength(network), lowering.zero(network.stem())));
        fills.removeIf(fill -> fill.value() == 0);
        BackbonePlanner backbone = new BackbonePlanner(network, layers, fusion);
        FeatureMap last = backbone.plan(staged);
        Outputs outputs = switch (network.top()) {
            case Classifier classifier -> new ClassifierPlanner(classifier, layers).plan(last);
            case DeepLab deepLab -> new DeepLabPlanner(deepLab, layers).plan(last);
            case SsdLite ssd -> new SsdLitePlanner(ssd, backbone, layers).plan(last);
        };
        requireKept();
        int scratch = layers.layers().stream().mapToInt(Layer::scratchLength).max().orElse(0);
        return new Plan(
                network,
                layout,
                lowering.weights(),
                layers.layers(),
                layers.maps(),
                layers.arena().length(),
                Math.toIntExact(layout.maps().roundUp(scratch)),
                staged,
                fills,
                layers.kept(),
                outputs,
                integers);
    }

    private void requireKept() {
        for (String name : kept) {
            if (!layers.kept().containsKey(name)) {
                throw new IllegalArgumentException("no layer named " + name + ", expected one of "
                        + network.weighted().stream().map(Conv::name).toList());
            }
        }
    }

    private Plan.StagedInput stageInput() {
        Conv stem = network.stem();
        int top = network.padding().before(network.height(), stem.kernel(), stem.stride(), 1);
        int left = network.padding().before(network.width(), stem.kernel(), stem.stride(), 1);
        return new Plan.StagedInput(
                layers.arena().take(BackbonePlanner.stagedLength(network)), BackbonePlanner.stagedRow(network), top, left);
    }
}
