package dev.spindle.weights.catalogue;

import dev.spindle.Checkpoint;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Network;
import java.net.URI;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * One published model. What its publisher does not say is empty.
 *
 * @param name what users call it; letters, digits, {@code . _ -}
 * @param source who publishes it
 * @param page where the publisher describes it
 * @param licence as its publisher names it, an SPDX identifier where there is one
 * @param address where the file is
 * @param file what the file is called in the cache
 * @param checksum what the file's SHA-256 has to be; without it a download cannot be verified
 * @param bytes the file's length
 * @param inputSize height and width in pixels for which it was trained
 * @param preprocessing how pictures become inputs
 * @param labels what its classes are
 * @param top1 percent of ImageNet's validation pictures whose most probable class is right, as published
 * @param top5 percent of them where one of the five most probable is right, as published
 */
public record CatalogueEntry(
        String name,
        String source,
        URI page,
        String licence,
        URI address,
        String file,
        Optional<Checksum> checksum,
        OptionalLong bytes,
        OptionalInt inputSize,
        Optional<Preprocessing> preprocessing,
        Optional<LabelSet> labels,
        OptionalDouble top1,
        OptionalDouble top5) {

    /** Checks what becomes a path or a request. */
    public CatalogueEntry {
        requirePlain("name", name);
        requirePlain("file", file);
        if (!("https".equals(address.getScheme()) || "http".equals(address.getScheme())) || address.getHost() == null) {
            throw new IllegalArgumentException("address " + address + ", expected one of http or https");
        }
        if (bytes.isPresent() && (bytes.getAsLong() < 1 || bytes.getAsLong() > ModelCache.MOST_BYTES)) {
            throw new IllegalArgumentException(
                    "bytes " + bytes.getAsLong() + ", expected 1 to " + ModelCache.MOST_BYTES);
        }
        if (inputSize.isPresent() && (inputSize.getAsInt() < 1 || inputSize.getAsInt() > Network.MAX_SIDE)) {
            throw new IllegalArgumentException(
                    "input_size " + inputSize.getAsInt() + ", expected 1 to " + Network.MAX_SIDE);
        }
        requirePercent("top1", top1);
        requirePercent("top5", top5);
    }

    private static void requirePlain(String what, String value) {
        if (!value.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
            throw new IllegalArgumentException(
                    what + " " + value + ", expected letters, digits and . _ - with a letter or digit first");
        }
    }

    private static void requirePercent(String what, OptionalDouble value) {
        if (value.isPresent() && !(value.getAsDouble() >= 0 && value.getAsDouble() <= 100)) {
            throw new IllegalArgumentException(what + " " + value.getAsDouble() + ", expected 0 to 100");
        }
    }

    /**
     * Adds what the catalogue knows and the file cannot say: input size, preprocessing, and labels where the file has none.
     *
     * @param read what a reader made of this model's file
     * @return the same weights
     */
    public Checkpoint complete(Checkpoint read) {
        Checkpoint complete = read.withSource(
                read.source().withNote("catalogue: " + name + ", " + source + ", " + licence + ", " + page));
        if (inputSize.isPresent()) {
            complete = complete.withResolution(inputSize.getAsInt(), inputSize.getAsInt());
        }
        if (preprocessing.isPresent()) {
            complete = complete.withPreprocessing(preprocessing.get());
        }
        if (read.labels().isEmpty() && labels.isPresent() && labels.get().size() == read.network().classes()) {
            complete = complete.withLabels(labels.get().labels());
        }
        return complete;
    }
}
