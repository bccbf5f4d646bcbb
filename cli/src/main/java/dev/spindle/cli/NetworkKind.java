package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.network.Classifier;
import dev.spindle.network.DeepLab;
import dev.spindle.network.SsdLite;
import java.util.Set;
import java.util.stream.Collectors;

/** What a network is for, and the command that runs it. */
enum NetworkKind {
    CLASSIFIER("a classifier", "classify"),
    SEGMENTER("a segmentation network", "segment"),
    DETECTOR("a detector", "detect");

    private final String description;
    private final String command;

    NetworkKind(String description, String command) {
        this.description = description;
        this.command = command;
    }

    private static NetworkKind of(Checkpoint read) {
        return switch (read.network().top()) {
            case Classifier classifier -> CLASSIFIER;
            case DeepLab segmenter -> SEGMENTER;
            case SsdLite detector -> DETECTOR;
        };
    }

    /**
     * Makes sure that a command can use a network.
     *
     * @param name what reports call the model; starts the message
     * @param read the network
     * @param kinds what the command is for
     * @return the network
     * @throws InvalidInputException where it is of another kind, with the command that runs it
     */
    static Checkpoint require(String name, Checkpoint read, NetworkKind... kinds) {
        NetworkKind found = of(read);
        Set<NetworkKind> expected = Set.of(kinds);
        if (!expected.contains(found)) {
            String descriptions = expected.stream().sorted().map(kind -> kind.description).collect(Collectors.joining(" or "));
            throw new InvalidInputException(name + ": expected " + descriptions + ", found " + read.network().architecture()
                    + ": '" + found.command + "' runs it");
        }
        return read;
    }
}
