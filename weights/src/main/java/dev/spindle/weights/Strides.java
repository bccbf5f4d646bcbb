package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MobileNetV1;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The strides of blocks in files that hold no graph: no array shows them, so that they are those of the papers. */
final class Strides {

    /** The strides of the first blocks of MobileNetV2's stages (table 2). */
    static final List<Integer> OF_STAGES = List.of(1, 2, 2, 2, 1, 2, 1);

    private Strides() {}

    /**
     * Finds the stages of a MobileNetV2, whose first blocks may step: they are those of the paper where the channels change
     * only where the paper's do, and otherwise those between which the channels change, if these are as many.
     *
     * @param file for messages
     * @param channels each block's outputs
     */
    static List<Integer> of(Path file, List<Integer> channels) {
        List<Integer> published = stageStarts(outputs(MobileNetV2.builder().build()));
        List<Integer> found = stageStarts(channels);
        if (channels.size() == MobileNetV2.blockStrides().size() && published.containsAll(found)) {
            return MobileNetV2.blockStrides();
        }
        if (found.size() != OF_STAGES.size()) {
            throw unknown(file, OF_STAGES.size() + " stages of equal channels", channels);
        }
        List<Integer> strides = new ArrayList<>(Collections.nCopies(channels.size(), 1));
        for (int stage = 0; stage < found.size(); stage++) {
            strides.set(found.get(stage), OF_STAGES.get(stage));
        }
        return strides;
    }

    /** The strides of a MobileNet V1, which has to have the paper's layers. */
    static List<Integer> ofFirstFamily(Path file, List<Integer> channels) {
        Network paper = MobileNetV1.builder().build();
        if (channels.size() != paper.blocks().size() || !stageStarts(outputs(paper)).containsAll(stageStarts(channels))) {
            throw unknown(file, "the " + paper.blocks().size() + " layers of MobileNet V1", channels);
        }
        return paper.blocks().stream().map(InvertedResidual::stride).toList();
    }

    private static InvalidInputException unknown(Path file, String expected, List<Integer> channels) {
        return InvalidInputException.of(
                file, "blocks", expected + ", since the strides of others are unknown", "channels " + channels);
    }

    private static List<Integer> outputs(Network network) {
        return network.blocks().stream().map(InvertedResidual::outputs).toList();
    }

    /** The blocks whose output channels are not those of the block before. */
    private static List<Integer> stageStarts(List<Integer> channels) {
        List<Integer> starts = new ArrayList<>();
        for (int i = 0; i < channels.size(); i++) {
            if (i == 0 || !channels.get(i).equals(channels.get(i - 1))) {
                starts.add(i);
            }
        }
        return starts;
    }
}
