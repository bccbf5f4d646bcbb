package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.MobileNetV2;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where a PyTorch source keeps the layers of a MobileNetV2: the names of its modules.
 *
 * @param profile the source's conventions
 * @param stem the first convolution
 * @param blocks the blocks in execution order
 * @param head the last 1x1 convolution
 * @param classifier the dense layer's module
 */
record TorchNames(SourceProfile profile, Normalised stem, List<Block> blocks, Normalised head, String classifier) {

    /** A convolution's module and that of the batch normalisation behind it. */
    record Normalised(String conv, String norm) {}

    /** The modules of a block, and its stride, which no tensor shows. */
    record Block(Optional<Normalised> expand, Normalised depthwise, Normalised project, int stride) {}

    private static final int TORCHVISION_BLOCKS = MobileNetV2.blockStrides().size();
    /** How deep the modules lie that tell one source or block from another: {@code features.1.conv.3}. */
    private static final int DEPTH = 4;

    private static final List<Integer> TIMM_STAGE_STRIDES = List.of(1, 2, 2, 2, 1, 2, 1);

    /**
     * Recognises the source by its names.
     *
     * @param source the arrays
     * @return where the layers are; whether they are all there is not checked
     * @throws InvalidInputException where the names are of no known source
     */
    static TorchNames of(TensorSource source) {
        Set<String> modules = modules(source.names());
        if (modules.contains("features")) {
            return torchvision(source, modules);
        }
        if (modules.contains("blocks")) {
            return timm(modules);
        }
        String found = source.names().stream().limit(3).map(ModelFile::printable).collect(Collectors.joining(", "));
        throw InvalidInputException.of(
                source.file(),
                "tensor names",
                "those of MobileNetV2 in torchvision (features.0.0.weight, ...) or timm (conv_stem.weight, ...)",
                found.isEmpty() ? "no tensors" : found);
    }

    private static TorchNames torchvision(TensorSource source, Set<String> modules) {
        int last = TORCHVISION_BLOCKS + 1;
        if (!modules.contains("features." + last) || modules.contains("features." + (last + 1))) {
            throw InvalidInputException.of(
                    source.file(),
                    "tensor names",
                    TORCHVISION_BLOCKS + " blocks, features.1 to features." + TORCHVISION_BLOCKS
                            + ", and the head features." + last + ": the strides of others are unknown",
                    modules.stream().filter(name -> name.matches("features\\.\\d+")).count() + " features modules");
        }
        List<Block> blocks = new ArrayList<>();
        for (int stride : MobileNetV2.blockStrides()) {
            String block = "features." + (blocks.size() + 1) + ".conv.";
            boolean expands = modules.contains(block + 3);
            Optional<Normalised> expand =
                    expands ? Optional.of(new Normalised(block + "0.0", block + "0.1")) : Optional.empty();
            int next = expands ? 1 : 0;
            blocks.add(new Block(
                    expand,
                    new Normalised(block + next + ".0", block + next + ".1"),
                    new Normalised(block + (next + 1), block + (next + 2)),
                    stride));
        }
        return new TorchNames(
                SourceProfile.TORCHVISION,
                new Normalised("features.0.0", "features.0.1"),
                blocks,
                new Normalised("features." + last + ".0", "features." + last + ".1"),
                "classifier.1");
    }

    private static TorchNames timm(Set<String> modules) {
        List<Block> blocks = new ArrayList<>();
        for (int stage = 0; stage < TIMM_STAGE_STRIDES.size(); stage++) {
            int repeat = 0;
            do {
                String block = "blocks." + stage + "." + repeat + ".";
                int stride = repeat == 0 ? TIMM_STAGE_STRIDES.get(stage) : 1;
                blocks.add(
                        modules.contains(block + "conv_pwl")
                                ? new Block(
                                        Optional.of(new Normalised(block + "conv_pw", block + "bn1")),
                                        new Normalised(block + "conv_dw", block + "bn2"),
                                        new Normalised(block + "conv_pwl", block + "bn3"),
                                        stride)
                                : new Block(
                                        Optional.empty(),
                                        new Normalised(block + "conv_dw", block + "bn1"),
                                        new Normalised(block + "conv_pw", block + "bn2"),
                                        stride));
                repeat++;
            } while (modules.contains("blocks." + stage + "." + repeat));
        }
        return new TorchNames(
                SourceProfile.TIMM,
                new Normalised("conv_stem", "bn1"),
                blocks,
                new Normalised("conv_head", "bn2"),
                "classifier");
    }

    /** All modules that hold a tensor: {@code a} and {@code a.b} for {@code a.b.weight}, down to {@link #DEPTH}. */
    private static Set<String> modules(Set<String> names) {
        Set<String> modules = new HashSet<>();
        for (String name : names) {
            int dot = name.indexOf('.');
            for (int depth = 0; dot >= 0 && depth < DEPTH; depth++) {
                modules.add(name.substring(0, dot));
                dot = name.indexOf('.', dot + 1);
            }
        }
        return modules;
    }
}
