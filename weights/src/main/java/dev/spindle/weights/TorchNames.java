package dev.spindle.weights;

import dev.spindle.InvalidInputException;
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
 * @param classifier the dense layer's module; of a detector, empty
 * @param detector what a detector has in its place
 */
record TorchNames(
        SourceProfile profile,
        Normalised stem,
        List<Block> blocks,
        Normalised head,
        String classifier,
        Optional<Detector> detector) {

    private TorchNames(
            SourceProfile profile, Normalised stem, List<Block> blocks, Normalised head, String classifier) {
        this(profile, stem, blocks, head, classifier, Optional.empty());
    }

    /**
     * The modules of an SSDLite head.
     *
     * @param extras the blocks behind the last convolution
     * @param boxes what predicts boxes of each map, the finest first
     * @param classes what predicts classes of each map
     */
    record Detector(List<Block> extras, List<Branch> boxes, List<Branch> classes) {}

    /** The modules that predict one thing of a map: the depthwise convolution, if there is one, and that of 1x1. */
    record Branch(Optional<Normalised> depthwise, String project) {}

    /** A convolution's module and that of the batch normalisation behind it. */
    record Normalised(String conv, String norm) {}

    /** The modules of a block, and its stride, which no tensor shows. */
    record Block(Optional<Normalised> expand, Normalised depthwise, Normalised project, int stride) {

        private Block withStride(int newStride) {
            return new Block(expand, depthwise, project, newStride);
        }
    }

    /** The module that only a detector has. */
    private static final String CLASS_PREDICTORS = "classification_headers";

    /** How deep the modules lie that tell one source or block from another: {@code features.2.conv.1.0}. */
    private static final int DEPTH = 5;

    /**
     * Recognises the source by its names.
     *
     * @param source the arrays
     * @return where the layers are; whether they are all there is not checked
     * @throws InvalidInputException where the names are of no known source
     */
    static TorchNames of(TensorSource source) {
        Set<String> modules = modules(source.names());
        if (modules.contains(CLASS_PREDICTORS)) {
            return detector(source, modules);
        }
        if (modules.contains("features")) {
            return features(source, modules, "features.");
        }
        if (modules.contains("blocks")) {
            return timm(modules);
        }
        String found = source.names().stream().limit(3).map(ModelFile::printable).collect(Collectors.joining(", "));
        throw InvalidInputException.of(
                source.file(),
                "tensor names",
                "those of MobileNetV2 in torchvision or d-li14 (features.0.0.weight, ...) or timm (conv_stem.weight, ...)",
                found.isEmpty() ? "no tensors" : found);
    }

    /**
     * The names of torchvision, and of d-li14's and tonylins' repositories, where a block's modules are not nested:
     * {@code features.1.conv.0.weight} for {@code features.1.conv.0.0.weight}.
     */
    private static TorchNames features(TensorSource source, Set<String> modules, String root) {
        int last = 0;
        while (modules.contains(root + (last + 1) + ".conv")) {
            last++;
        }
        boolean flat = source.names().contains(root + "1.conv.0.weight");
        List<Block> blocks = new ArrayList<>();
        for (int i = 1; i <= last; i++) {
            String block = root + i + ".conv.";
            blocks.add(flat ? flatBlock(modules, block) : nestedBlock(modules, block));
        }
        List<Integer> strides = strides(source, blocks);
        for (int i = 0; i < last; i++) {
            blocks.set(i, blocks.get(i).withStride(strides.get(i)));
        }
        String head = modules.contains("conv.0") ? "conv." : root + (last + 1) + ".";
        return new TorchNames(
                flat ? SourceProfile.D_LI14 : SourceProfile.TORCHVISION,
                new Normalised(root + "0.0", root + "0.1"),
                blocks,
                new Normalised(head + "0", head + "1"),
                modules.contains("classifier.1") ? "classifier.1" : "classifier");
    }

    /** The names of qfgaohao's SSDLite, whose backbone has those of tonylins' repository under another root. */
    private static TorchNames detector(TensorSource source, Set<String> modules) {
        TorchNames backbone = features(source, modules, "base_net.");
        List<Block> extras = new ArrayList<>();
        while (modules.contains("extras." + extras.size() + ".conv")) {
            extras.add(flatBlock(modules, "extras." + extras.size() + ".conv.").withStride(2));
        }
        return new TorchNames(
                SourceProfile.QFGAOHAO,
                backbone.stem,
                backbone.blocks,
                backbone.head,
                "",
                Optional.of(new Detector(
                        extras, branches(modules, "regression_headers."), branches(modules, CLASS_PREDICTORS + "."))));
    }

    private static List<Branch> branches(Set<String> modules, String root) {
        List<Branch> branches = new ArrayList<>();
        while (modules.contains(root + branches.size())) {
            String branch = root + branches.size();
            branches.add(
                    modules.contains(branch + ".3")
                            ? new Branch(Optional.of(new Normalised(branch + ".0", branch + ".1")), branch + ".3")
                            : new Branch(Optional.empty(), branch));
        }
        return branches;
    }

    private static Block nestedBlock(Set<String> modules, String block) {
        boolean expands = modules.contains(block + "1.0") || modules.contains(block + "1.1");
        int next = expands ? 1 : 0;
        return new Block(
                expands ? Optional.of(new Normalised(block + "0.0", block + "0.1")) : Optional.empty(),
                new Normalised(block + next + ".0", block + next + ".1"),
                new Normalised(block + (next + 1), block + (next + 2)),
                1);
    }

    private static Block flatBlock(Set<String> modules, String block) {
        boolean expands = modules.contains(block + "6") || modules.contains(block + "7");
        int next = expands ? 3 : 0;
        return new Block(
                expands ? Optional.of(new Normalised(block + 0, block + 1)) : Optional.empty(),
                new Normalised(block + next, block + (next + 1)),
                new Normalised(block + (next + 3), block + (next + 4)),
                1);
    }

    private static List<Integer> strides(TensorSource source, List<Block> blocks) {
        List<Integer> channels = new ArrayList<>();
        for (Block block : blocks) {
            String weight = block.project.conv + ".weight";
            List<Integer> shape = source.requireShape(weight);
            if (shape.size() != 4 || shape.getFirst() == 0) {
                throw InvalidInputException.of(
                        source.file(), "tensor " + weight, "shape [outputs, inputs, 1, 1]", shape.toString());
            }
            channels.add(shape.getFirst());
        }
        return Strides.of(source.file(), channels);
    }

    private static TorchNames timm(Set<String> modules) {
        List<Block> blocks = new ArrayList<>();
        for (int stage = 0; stage < Strides.OF_STAGES.size(); stage++) {
            int repeat = 0;
            do {
                String block = "blocks." + stage + "." + repeat + ".";
                int stride = repeat == 0 ? Strides.OF_STAGES.get(stage) : 1;
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
