package dev.spindle.spark;

import dev.spindle.InvalidInputException;
import dev.spindle.weights.catalogue.CatalogueEntry;
import dev.spindle.weights.catalogue.Models;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkFiles;

/** Where the driver found a model. */
final class ModelLocation {

    /** No published model comes near it; an array cannot hold more than twice as much. */
    private static final long MOST_BYTES = 1L << 30;

    private final String model;
    private final FileSystem system;
    /** The model's file, or those of its folder; none for the embedded network. */
    private final List<FileStatus> files;
    private final boolean folder;
    private final Optional<CatalogueEntry> entry;

    private ModelLocation(
            String model, FileSystem system, List<FileStatus> files, boolean folder, Optional<CatalogueEntry> entry) {
        this.model = model;
        this.system = system;
        this.files = files;
        this.folder = folder;
        this.entry = entry;
    }

    /**
     * Looks for a model.
     *
     * @param model a file that was added to Spark's, or one of the driver's, a path that Hadoop knows, or a name in the
     *     catalogue; empty for the embedded network
     * @param hadoop knows file systems
     * @throws InvalidInputException where it is none of them
     * @throws UncheckedIOException where its file system cannot be reached
     */
    static ModelLocation of(String model, Configuration hadoop) {
        try {
            if (model.isEmpty()) {
                return new ModelLocation(model, null, List.of(), false, Optional.empty());
            }
            // YARN puts files that are added into the working folder, others where SparkFiles says.
            Path path = Stream.of(new File(SparkFiles.getRootDirectory(), model), new File(model))
                    .filter(File::exists)
                    .findFirst()
                    .map(file -> new Path(file.toURI()))
                    .orElseGet(() -> new Path(model));
            FileSystem system = path.getFileSystem(hadoop);
            if (system.exists(path)) {
                return found(model, system, path, Optional.empty());
            }
            CatalogueEntry entry = Models.catalogue().find(model).orElseThrow(() -> new InvalidInputException(
                    model + ": expected a model, found neither a file here, among Spark's files or at "
                            + system.makeQualified(path) + ", nor such a name in the catalogue"));
            Path cached = new Path(Models.file(java.nio.file.Path.of(model)).toUri());
            return found(model, cached.getFileSystem(hadoop), cached, Optional.of(entry));
        } catch (IOException e) {
            throw unreadable(model, e);
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException(model + ": expected a path of a model, found " + e.getMessage(), e);
        }
    }

    private static ModelLocation found(String model, FileSystem system, Path path, Optional<CatalogueEntry> entry)
            throws IOException {
        FileStatus status = system.getFileStatus(path);
        if (status.isFile()) {
            return new ModelLocation(model, system, List.of(status), false, entry);
        }
        List<FileStatus> files = new ArrayList<>();
        for (FileStatus file : system.listStatus(path)) {
            if (file.isFile()) {
                files.add(file);
            }
        }
        return new ModelLocation(model, system, files, true, entry);
    }

    /** Another text as soon as another model, or another version of it, is found here. */
    String stamp() {
        return model + files.stream()
                .map(file -> " " + file.getPath() + " " + file.getLen() + " " + file.getModificationTime())
                .collect(Collectors.joining());
    }

    /**
     * Reads the model.
     *
     * @throws InvalidInputException where it is no model, or a damaged one
     * @throws UncheckedIOException where it cannot be read
     */
    ModelFiles read() {
        long bytes = files.stream().mapToLong(FileStatus::getLen).sum();
        if (bytes > MOST_BYTES) {
            throw new InvalidInputException(model + ": expected at most " + MOST_BYTES + " bytes, found " + bytes);
        }
        TreeMap<String, byte[]> contents = new TreeMap<>();
        for (FileStatus file : files) {
            try (InputStream in = system.open(file.getPath())) {
                contents.put(file.getPath().getName(), in.readAllBytes());
            } catch (IOException e) {
                throw unreadable(model, e);
            }
        }
        String name = folder || files.isEmpty() ? "" : files.getFirst().getPath().getName();
        try {
            return new ModelFiles(name, contents, read -> entry.map(known -> known.complete(read)).orElse(read));
        } catch (InvalidInputException e) {
            throw new InvalidInputException(model + ": " + e.getMessage(), e);
        }
    }

    private static UncheckedIOException unreadable(String model, IOException cause) {
        return new UncheckedIOException(model + ": cannot be read: " + cause, cause);
    }
}
