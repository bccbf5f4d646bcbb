package dev.spindle.network;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the maps of a network are called. A map is what a layer makes, its normalisation and activation included, and in the
 * projection of a block with a skip the sum, too. Its name is that of the layer, such as {@code block14.expand}; others are
 * understood as well:
 * <ul>
 * <li>{@code block14} for the result of a whole block, that of its projection.
 * <li>{@code stride16} for the last map that is 16 times smaller than the picture, and so for every such number: where
 *     detectors take it. In the paper's network, {@code stride4}, {@code stride8} and {@code stride16} are expansions, which
 *     stand before the depthwise convolution that steps, and {@code stride32} is the head.
 * <li>torchvision's modules, where they make a map: {@code features.14} for a block, {@code features.14.conv.0} for its
 *     expansion.
 * <li>Keras's layers, whose blocks count from 0: {@code block_13_expand} or {@code block_13_expand_relu},
 *     {@code block_16_project}, {@code out_relu}. The name of a convolution stands for what it makes together with its
 *     normalisation and activation, for they are computed as one. What a projection makes before the sum is not kept:
 *     {@code block_2_add} is the sum.
 * </ul>
 * The last two are names of MobileNetV2 alone.
 */
public final class MapNames {

    private static final int NEAREST = 3;

    private final List<NamedMap> all = new ArrayList<>();
    private final Map<String, String> known = new LinkedHashMap<>();

    /**
     * A map and what it is called.
     *
     * @param name the layer's
     * @param stride how many pixels of the picture, in each direction, there are to one of its own; 0 behind the pool
     * @param height rows
     * @param width columns
     * @param channels values a pixel
     * @param others all other names
     */
    public record NamedMap(String name, int stride, int height, int width, int channels, List<String> others) {

        /** Copies the names. */
        public NamedMap {
            others = List.copyOf(others);
        }
    }

    private MapNames(Network network) {
        Map<String, List<String>> others = new LinkedHashMap<>();
        Map<String, NamedMap> shapes = new LinkedHashMap<>();
        Map<Integer, String> last = new LinkedHashMap<>();
        List<Conv> convolutions = network.backbone();
        network.head().ifPresent(convolutions::add);
        int stride = 1;
        int height = network.height();
        int width = network.width();
        for (Conv conv : convolutions) {
            stride *= conv.stride();
            height = Padding.outputSize(height, conv.stride());
            width = Padding.outputSize(width, conv.stride());
            others.put(conv.name(), new ArrayList<>());
            shapes.put(conv.name(), new NamedMap(conv.name(), stride, height, width, conv.outputs(), List.of()));
            last.put(stride, conv.name());
        }
        network.blocks().forEach(block -> others.get(block.project().name()).add(block.name()));
        last.forEach((step, name) -> others.get(name).add("stride" + step));
        if (network.blocks().stream().anyMatch(block -> block.expand().isPresent())) {
            addTorchvision(network, others);
            addKeras(network, others);
        }
        shapes.forEach((name, map) -> all.add(
                new NamedMap(name, map.stride, map.height, map.width, map.channels, others.get(name))));
        if (network.top() instanceof Classifier) {
            all.add(new NamedMap(Network.POOL, 0, 1, 1, network.features(), List.of()));
            all.add(new NamedMap(Network.CLASSIFIER, 0, 1, 1, network.classes(), List.of()));
        }
        for (NamedMap map : all) {
            known.put(map.name, map.name);
            map.others.forEach(other -> known.putIfAbsent(other, map.name));
        }
    }

    /** The names of a network's maps: those of stem and blocks, and of a classifier's head, pool and logits. */
    public static MapNames of(Network network) {
        return new MapNames(network);
    }

    private static void addTorchvision(Network network, Map<String, List<String>> others) {
        others.get(network.stem().name()).add("features.0");
        for (int i = 0; i < network.blocks().size(); i++) {
            InvertedResidual block = network.blocks().get(i);
            String module = "features." + (i + 1);
            List<Conv> chain = block.convolutions();
            for (int k = 0; k < chain.size() - 1; k++) {
                others.get(chain.get(k).name()).add(module + ".conv." + k);
            }
            others.get(block.project().name()).add(module);
        }
        network.head().ifPresent(head -> others.get(head.name()).add("features." + (network.blocks().size() + 1)));
    }

    private static void addKeras(Network network, Map<String, List<String>> others) {
        others.get(network.stem().name()).addAll(List.of("Conv1", "Conv1_relu"));
        for (int i = 0; i < network.blocks().size(); i++) {
            InvertedResidual block = network.blocks().get(i);
            String name = i == 0 ? "expanded_conv" : "block_" + i;
            block.expand().ifPresent(conv ->
                    others.get(conv.name()).addAll(List.of(name + "_expand", name + "_expand_relu")));
            others.get(block.depthwise().name()).addAll(List.of(name + "_depthwise", name + "_depthwise_relu"));
            others.get(block.project().name()).addAll(block.residual()
                    ? List.of(name + "_add")
                    : List.of(name + "_project", name + "_project_BN"));
        }
        network.head().ifPresent(head -> others.get(head.name()).addAll(List.of("Conv_1", "out_relu")));
    }

    /** All maps in execution order. */
    public List<NamedMap> all() {
        return List.copyOf(all);
    }

    /**
     * Finds a map.
     *
     * @param name one of its names
     * @return the layer's
     * @throws IllegalArgumentException naming the nearest names, where there is none
     */
    public String layer(String name) {
        String found = known.get(name);
        if (found == null) {
            List<String> nearest = known.keySet().stream()
                    .sorted(Comparator.comparingInt(other -> distance(name, other)))
                    .limit(NEAREST)
                    .toList();
            throw new IllegalArgumentException(
                    "no map is called " + name + ", expected a name such as " + String.join(", ", nearest));
        }
        return found;
    }

    /** How many letters have to be added, taken away or changed to turn one name into the other (Levenshtein). */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 0; i < a.length(); i++) {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < b.length(); j++) {
                int changed = diagonal + (a.charAt(i) == b.charAt(j) ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.min(changed, 1 + Math.min(diagonal, row[j]));
            }
        }
        return row[b.length()];
    }
}
