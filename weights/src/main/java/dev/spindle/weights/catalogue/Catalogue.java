package dev.spindle.weights.catalogue;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The models that are known by name. Immutable. */
public final class Catalogue {

    private static final List<String> PUBLISHED =
            List.of("torchvision.json", "d-li14.json", "timm.json", "keras.json", "tensorflow.json");

    /** The published manifests take some kilobytes. */
    private static final int MOST_MANIFEST_BYTES = 16 << 20;

    private final List<CatalogueEntry> entries;

    /**
     * A catalogue of these models.
     *
     * @param entries in the order in which they are listed
     * @throws IllegalArgumentException where two have the same name or the same file
     */
    public Catalogue(List<CatalogueEntry> entries) {
        this.entries = List.copyOf(entries);
        Set<String> names = new HashSet<>();
        Set<String> files = new HashSet<>();
        for (CatalogueEntry entry : this.entries) {
            if (!names.add(entry.name())) {
                throw new IllegalArgumentException("two models of the name " + entry.name());
            }
            if (!files.add(entry.file())) {
                throw new IllegalArgumentException("two models of the file " + entry.file());
            }
        }
    }

    /** The models that ship with this version. */
    public static Catalogue published() {
        List<CatalogueEntry> all = new ArrayList<>();
        for (String resource : PUBLISHED) {
            try (InputStream in = Catalogue.class.getResourceAsStream(resource)) {
                if (in == null) {
                    throw new IllegalStateException("the resource " + resource + " is missing from this build");
                }
                all.addAll(Manifest.read(resource, in.readAllBytes()));
            } catch (IOException e) {
                throw new UncheckedIOException(resource + ": cannot be read: " + e.getMessage(), e);
            }
        }
        return new Catalogue(all);
    }

    /**
     * Reads one manifest, such as that of a mirror. Its form is that of the resources beside this class: who publishes,
     * facts that all models share, and the models.
     *
     * @param manifest a JSON file
     * @return its models
     * @throws InvalidInputException where the file is no such manifest
     * @throws UncheckedIOException where it cannot be read
     */
    public static Catalogue read(Path manifest) {
        try (InputStream in = Files.newInputStream(manifest)) {
            byte[] json = in.readNBytes(MOST_MANIFEST_BYTES + 1);
            if (json.length > MOST_MANIFEST_BYTES) {
                throw new InvalidInputException(
                        manifest + ": expected a manifest of at most " + MOST_MANIFEST_BYTES + " bytes, found more");
            }
            return new Catalogue(Manifest.read(manifest.toString(), json));
        } catch (NoSuchFileException e) {
            throw new InvalidInputException(manifest + ": expected a manifest, found no such file", e);
        } catch (IOException e) {
            throw new UncheckedIOException(manifest + ": cannot be read: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException(manifest + ": " + e.getMessage(), e);
        }
    }

    /** All models, in the order in which they are listed. */
    public List<CatalogueEntry> entries() {
        return entries;
    }

    /** The model of a name. */
    public Optional<CatalogueEntry> find(String name) {
        return entries.stream().filter(entry -> entry.name().equals(name)).findFirst();
    }
}
