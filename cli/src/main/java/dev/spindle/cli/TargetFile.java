package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.weights.FileHash;
import dev.spindle.weights.SafetensorsWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option of commands that write files, and what those that make a model file of another have in common. */
final class TargetFile {

    @Option(names = "--force", description = "Replace files that exist.")
    private boolean force;

    /** Makes sure, before any work is done, that a file may be written. */
    void require(Path target) {
        if (Files.isDirectory(target)) {
            throw new InvalidInputException(target + ": expected a file to write, found a folder");
        }
        if (Files.exists(target) && !force) {
            throw new InvalidInputException(target + ": exists already; --force replaces it");
        }
    }

    /**
     * Writes a model.
     *
     * @param target where to
     * @param checkpoint what; where it has a provenance, it keeps it
     * @param source the file that it was made from
     * @param hash of that
     * @return the checkpoint as it was written
     */
    static Checkpoint write(Path target, Checkpoint checkpoint, Path source, FileHash hash) {
        Checkpoint.Source origin = checkpoint.source();
        Checkpoint written = origin.provenance().isPresent()
                ? checkpoint
                : checkpoint.withSource(origin.withProvenance(new Checkpoint.Provenance(
                        origin.format(), source.getFileName().toString(), hash.sha256(), Version.program())));
        write(target, written);
        return written;
    }

    /** Writes a model that was made of no file. */
    static void write(Path target, Checkpoint checkpoint) {
        SafetensorsWriter.write(target, checkpoint);
    }
}
