package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.weights.FileHash;
import dev.spindle.weights.catalogue.Models;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that make a model of another. */
final class ModelTarget {

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT.safetensors",
            required = true,
            description = "Receives the model.")
    private Path target;

    @Mixin
    private TargetFile file;

    /** Makes sure, before any work is done, that the file may be written. */
    void require() {
        file.require(target);
    }

    /**
     * Writes the model.
     *
     * @param made what
     * @param source the file or the name of what it was made of; null for the embedded network
     * @param warnings receives what the file's hash says against its name
     */
    void write(Checkpoint made, Path source, List<String> warnings) {
        if (source == null) {
            TargetFile.write(target, made);
            return;
        }
        Path model = Models.file(source);
        FileHash hash = FileHash.of(model);
        hash.disagreement().ifPresent(warnings::add);
        TargetFile.write(target, made, model, hash);
    }

    /** How large the file is, in bytes. */
    long bytes() {
        return target.toFile().length();
    }

    @Override
    public String toString() {
        return target.toString();
    }
}
