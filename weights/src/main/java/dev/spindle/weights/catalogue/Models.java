package dev.spindle.weights.catalogue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.weights.DefaultModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where models come from: a file, the catalogue's cache, or this library itself. System properties name another catalogue and
 * another cache than the usual ones.
 */
public final class Models {

    /** A manifest to use instead of the published catalogue, such as that of a mirror. */
    public static final String MANIFEST_PROPERTY = "spindle.catalogue";

    /** A folder to use instead of the user's cache. */
    public static final String CACHE_PROPERTY = "spindle.cache";

    private Models() {}

    /** The published models, or those of {@link #MANIFEST_PROPERTY}. */
    public static Catalogue catalogue() {
        String manifest = System.getProperty(MANIFEST_PROPERTY);
        return manifest == null ? Catalogue.published() : Catalogue.read(Path.of(manifest));
    }

    /** The user's cache, or that of {@link #CACHE_PROPERTY}. */
    public static ModelCache cache() {
        String folder = System.getProperty(CACHE_PROPERTY);
        return new ModelCache(folder == null ? ModelCache.userFolder(System.getenv()) : Path.of(folder));
    }

    /**
     * Reads a model.
     *
     * @param model a file, or where there is none, a name in the catalogue; null for the embedded network
     * @return network and weights
     * @throws InvalidInputException where it is neither, or a model of the catalogue that was not pulled
     */
    public static Checkpoint read(Path model) {
        if (model == null) {
            return DefaultModel.load();
        }
        Checkpoint read = Model.read(file(model));
        return entry(model).map(entry -> entry.complete(read)).orElse(read);
    }

    /**
     * The file that a name in the catalogue stands for, or the file that this is.
     *
     * @param model a file, or where there is none, a name in the catalogue
     * @throws InvalidInputException where it is a model of the catalogue that was not pulled
     */
    public static Path file(Path model) {
        Optional<CatalogueEntry> entry = entry(model);
        if (entry.isEmpty()) {
            return model;
        }
        return cache().find(entry.get()).orElseThrow(() -> new InvalidInputException(
                model + ": in the catalogue, but not downloaded; 'spindle pull " + model + "' does it"));
    }

    private static Optional<CatalogueEntry> entry(Path model) {
        return Files.exists(model) ? Optional.empty() : catalogue().find(model.toString());
    }
}
