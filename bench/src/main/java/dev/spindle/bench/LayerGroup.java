package dev.spindle.bench;

import dev.spindle.kernel.Broadcast;
import dev.spindle.kernel.ByteMapping;
import dev.spindle.kernel.ChannelwisePair;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.PooledPointwise;
import dev.spindle.kernel.Quantised;
import dev.spindle.kernel.Softmax;
import dev.spindle.kernel.Stem;
import dev.spindle.network.Network;
import dev.spindle.plan.Fusion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Layers whose times make one figure: all of one shape, or those of one block.
 *
 * @param name the first layer's name, or the block's
 * @param shape what is computed, see {@link LayerShape}; empty for a block
 * @param kind {@code stem}, {@code 1x1}, {@code depthwise}, {@code pool}, {@code dense} or {@code block}
 * @param count how many of that shape the network has
 * @param flops operations of one of them
 * @param bytes that one of them must move if its maps and weights fit no cache: input, weights, output, and what is
 *     added; inside a block the hidden maps need not move
 * @param integerBytes the same where maps and weights are of bytes
 * @param layers in execution order
 */
record LayerGroup(
        String name, String shape, String kind, int count, double flops, long bytes, long integerBytes, List<Layer> layers) {

    /** Name and shape. */
    String label() {
        return shape.isEmpty() ? name : name + " " + shape;
    }

    /** Without fusion layers by shape, or else by block. */
    static List<LayerGroup> of(LayerRun run, Fusion fusion) {
        return fusion == Fusion.NEVER ? byShape(run) : byBlock(run);
    }

    private static List<LayerGroup> byShape(LayerRun run) {
        Map<LayerShape, List<Layer>> shapes = new LinkedHashMap<>();
        for (Layer layer : run.layers()) {
            shapes.computeIfAbsent(LayerShape.of(run.network(), layer), shape -> new ArrayList<>()).add(layer);
        }
        List<LayerGroup> groups = new ArrayList<>();
        shapes.forEach((shape, layers) -> {
            Layer first = layers.getFirst();
            groups.add(new LayerGroup(
                    first.name(), shape.toString(), shape.kind().split(" ")[0], layers.size(), 2.0 * first.macs(),
                    bytes(run.network(), List.of(first), Float.BYTES), bytes(run.network(), List.of(first), Byte.BYTES),
                    layers));
        });
        return groups;
    }

    /** The stem counts as part of the first block, since some backends compute them as one. */
    static List<LayerGroup> byBlock(LayerRun run) {
        Network network = run.network();
        String stem = network.stem().name();
        String first = network.blocks().getFirst().name();
        Map<String, List<Layer>> blocks = new LinkedHashMap<>();
        for (Layer layer : run.layers()) {
            String block = layer.name().split("\\.")[0];
            String name = block.equals(stem) || block.equals(first) ? stem + "+" + first : block;
            blocks.computeIfAbsent(name, absent -> new ArrayList<>()).add(layer);
        }
        List<LayerGroup> groups = new ArrayList<>();
        blocks.forEach((name, layers) -> groups.add(new LayerGroup(
                name, "", "block", 1, 2.0 * layers.stream().mapToLong(Layer::macs).sum(),
                bytes(network, layers, Float.BYTES), bytes(network, layers, Byte.BYTES), layers)));
        int blockCount = network.blocks().size();
        return groups.subList(0, blockCount);
    }

    private static long bytes(Network network, List<Layer> layers, int elementBytes) {
        LayerShape last = LayerShape.of(network, layers.getLast());
        long outputs = (long) last.pixels() * last.channels();
        boolean adds = layers.size() == 1 && layers.getFirst() instanceof Pointwise pointwise && pointwise.residual() >= 0;
        long bytes = elementBytes * (inputs(network, layers.getFirst()) + (adds ? 2 : 1) * outputs);
        for (Layer layer : layers) {
            bytes += weightBytes(network, layer, elementBytes);
        }
        return bytes;
    }

    private static long inputs(Network network, Layer layer) {
        LayerShape shape = LayerShape.of(network, layer);
        return switch (layer) {
            case Stem stem -> 3L * network.height() * network.width();
            case Depthwise depthwise -> (long) depthwise.height() * depthwise.width() * shape.channels();
            case FusedBlock block -> block.stem().map(stem -> inputs(network, stem))
                    .or(() -> block.expand().map(expand -> inputs(network, expand)))
                    .orElseGet(() -> inputs(network, block.depthwise()));
            case ChannelwisePair pair -> inputs(network, pair.pointwise());
            case PooledPointwise pooled -> inputs(network, pooled.pointwise());
            case GlobalAverage pool -> (long) shape.inputs() * shape.channels();
            case Pointwise pointwise -> (long) shape.pixels() * shape.inputs();
            case Dense dense -> shape.inputs();
            case Quantised quantised -> inputs(network, quantised.shape());
            case Softmax softmax -> shape.channels();
            case Broadcast broadcast -> shape.channels();
            case ByteMapping mapping -> shape.channels();
        };
    }

    private static long weightBytes(Network network, Layer layer, int elementBytes) {
        LayerShape shape = LayerShape.of(network, layer);
        return switch (layer) {
            case Stem stem -> matrix(shape, elementBytes);
            case Pointwise pointwise -> matrix(shape, elementBytes);
            case Depthwise depthwise -> matrix(shape, elementBytes);
            case Dense dense -> matrix(shape, elementBytes);
            case Quantised quantised -> weightBytes(network, quantised.shape(), elementBytes);
            case FusedBlock block -> block.stem().map(stem -> weightBytes(network, stem, elementBytes)).orElse(0L)
                    + block.expand().map(expand -> weightBytes(network, expand, elementBytes)).orElse(0L)
                    + weightBytes(network, block.depthwise(), elementBytes)
                    + weightBytes(network, block.project(), elementBytes);
            case ChannelwisePair pair -> weightBytes(network, pair.pointwise(), elementBytes)
                    + weightBytes(network, pair.channelwise(), elementBytes);
            case PooledPointwise pooled -> weightBytes(network, pooled.pointwise(), elementBytes);
            case GlobalAverage pool -> 0;
            case Softmax softmax -> 0;
            case Broadcast broadcast -> 0;
            case ByteMapping mapping -> 0;
        };
    }

    /** Weights, and biases of 32 bits. */
    private static long matrix(LayerShape shape, int elementBytes) {
        return ((long) shape.inputs() * elementBytes + Float.BYTES) * shape.channels();
    }
}
