package dev.spindle.spark;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.DeepLab;
import dev.spindle.network.SsdLite;
import dev.spindle.weights.DefaultModel;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * What the driver broadcasts of a model: its files as they are, and what the driver knows beyond them, such as what the
 * catalogue says. Without files it is the embedded network.
 */
final class ModelFiles implements Serializable {

    private static final long serialVersionUID = 1L;

    private final String name;
    private final TreeMap<String, byte[]> files;
    private final String architecture;
    private final boolean segments;
    private final int height;
    private final int width;
    private final Preprocessing preprocessing;
    private final ArrayList<String> labels;
    private final String sha256;

    /** The model of this JVM, from when it is wanted: who holds this holds it, too. */
    private transient SharedModel shared;

    /**
     * Reads a model once, so that a bad one is refused before a job runs.
     *
     * @param name the model's file; empty where it is the folder of them
     * @param files contents by name; none for the embedded network
     * @param completion adds what the files do not say
     * @throws dev.spindle.InvalidInputException where they are no model, or a damaged one
     */
    ModelFiles(String name, TreeMap<String, byte[]> files, UnaryOperator<Checkpoint> completion) {
        this.name = name;
        this.files = files;
        Checkpoint complete = completion.apply(readFiles());
        architecture = complete.network().architecture();
        if (complete.network().top() instanceof SsdLite) {
            throw new InvalidInputException(name + ": expected no detector, found " + architecture);
        }
        segments = complete.network().top() instanceof DeepLab;
        height = complete.network().height();
        width = complete.network().width();
        preprocessing = complete.preprocessing();
        labels = new ArrayList<>(complete.labels());
        sha256 = hash();
    }

    private String hash() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                digest.update(file.getKey().getBytes(StandardCharsets.UTF_8));
                digest.update(file.getValue());
            }
            String beyond = name + height + "x" + width + preprocessing + labels;
            return HexFormat.of().formatHex(digest.digest(beyond.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Of all that makes the model: what has the same is the same model. */
    String sha256() {
        return sha256;
    }

    /** The network's name for people. */
    String architecture() {
        return architecture;
    }

    /** Whether it tells the class of each pixel. */
    boolean segments() {
        return segments;
    }

    /** Network and weights, with all that the driver knew. */
    Checkpoint read() {
        return readFiles().withResolution(height, width).withPreprocessing(preprocessing).withLabels(labels);
    }

    private Checkpoint readFiles() {
        if (files.isEmpty()) {
            return DefaultModel.load();
        }
        try {
            Path folder = Files.createTempDirectory("spindle-");
            try {
                for (Map.Entry<String, byte[]> file : files.entrySet()) {
                    Files.write(folder.resolve(file.getKey()), file.getValue());
                }
                return Model.read(folder.resolve(name));
            } finally {
                for (String file : files.keySet()) {
                    Files.deleteIfExists(folder.resolve(file));
                }
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a model could not be unpacked: " + e.getMessage(), e);
        }
    }

    /** The model of this JVM, loaded by whoever wants it first. */
    synchronized SharedModel shared(Counters counters) {
        if (shared == null) {
            shared = SharedModel.of(this, counters);
        }
        return shared;
    }
}
