package dev.spindle.weights.catalogue;

import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.weights.FileHash;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ProxySelector;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A folder of downloaded models. A file is in {@code models/} from the moment when all of it has arrived, has been checked and
 * is on disk, and not before; what is still coming is in {@code partial/}. Any number of threads and processes may share one
 * folder.
 */
public final class ModelCache {

    /** No published file comes near it. */
    static final long MOST_BYTES = 1L << 30;

    /** File locks hold between processes, these between threads. */
    private static final ConcurrentMap<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

    private final Path models;
    private final Path partial;
    private final Patience patience;
    private final ProxySelector proxies;

    /**
     * What {@link #pull} did.
     *
     * @param file the model
     * @param bytes its length
     * @param sha256 its SHA-256 in hexadecimal digits
     * @param verified whether the publisher's checksum vouches for it; where there is none, it is only known to load
     * @param downloaded whether it was not there before
     */
    public record Pulled(Path file, long bytes, String sha256, boolean verified, boolean downloaded) {}

    /**
     * A cache in a folder, which need not exist. Proxies come from the JVM's properties, or else from the environment.
     *
     * @param folder see {@link #userFolder}
     */
    public ModelCache(Path folder) {
        this(folder, Patience.USUAL, new EnvironmentProxies(System.getenv(), ProxySelector.getDefault()));
    }

    ModelCache(Path folder, Patience patience, ProxySelector proxies) {
        this.models = folder.toAbsolutePath().resolve("models");
        this.partial = folder.toAbsolutePath().resolve("partial");
        this.patience = Objects.requireNonNull(patience, "patience");
        this.proxies = Objects.requireNonNull(proxies, "proxies");
    }

    /**
     * The user's own folder: {@code spindle} in {@code $XDG_CACHE_HOME}, or in {@code ~/.cache} where that is not set or, as
     * the XDG Base Directory Specification has it, not absolute.
     *
     * @param environment the environment's variables
     */
    public static Path userFolder(Map<String, String> environment) {
        String set = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path caches = Path.of(System.getProperty("user.home"), ".cache");
        try {
            caches = Path.of(set).isAbsolute() ? Path.of(set) : caches;
        } catch (InvalidPathException e) {
            throw new InvalidInputException("XDG_CACHE_HOME: expected a path, found " + set, e);
        }
        return caches.resolve("spindle");
    }

    /**
     * Finds a model that was downloaded.
     *
     * @return its file; empty where it is not there
     */
    public Optional<Path> find(CatalogueEntry entry) {
        return Optional.of(models.resolve(entry.file())).filter(Files::isRegularFile);
    }

    /**
     * Downloads a model unless it is there, or completes an earlier download that was cut off. Blocks: not for threads of the
     * common pool, where the JDK does a part of its HTTP client's work.
     *
     * @param entry which one
     * @param listener hears of it on the caller's thread
     * @return where it is
     * @throws InvalidInputException where what the server sends is not the model
     * @throws UncheckedIOException where it cannot be had or kept
     */
    public Pulled pull(CatalogueEntry entry, PullListener listener) {
        Path part = partial.resolve(entry.file());
        ReentrantLock threads = THREADS.computeIfAbsent(part, path -> new ReentrantLock());
        threads.lock();
        try {
            Files.createDirectories(models);
            Files.createDirectories(partial);
            Path lockFile = partial.resolve(entry.file() + ".lock");
            try (FileChannel lock =
                    FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                // Closing the channel releases it, and so does the end of this process, whatever ends it.
                acquire(lock, listener);
                return pullLocked(entry, part, listener);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(models.getParent() + ": cannot be written: " + e.getMessage(), e);
        } finally {
            threads.unlock();
        }
    }

    private static void acquire(FileChannel channel, PullListener listener) throws IOException {
        if (channel.tryLock() == null) {
            listener.note("another process is downloading it; waiting for that");
            channel.lock();
        }
    }

    private Pulled pullLocked(CatalogueEntry entry, Path part, PullListener listener) throws IOException {
        Path model = models.resolve(entry.file());
        if (Files.exists(model)) {
            try {
                return pulled(entry, model, verify(entry, model), false);
            } catch (InvalidInputException e) {
                listener.note("what was there is damaged (" + e.getMessage() + "); downloading it again");
            }
        }
        String sha256 = fetch(entry, part, listener);
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            // The name must not reach the disk before the content does.
            channel.force(true);
        }
        Files.move(part, model, StandardCopyOption.ATOMIC_MOVE);
        return pulled(entry, model, sha256, true);
    }

    private static Pulled pulled(CatalogueEntry entry, Path model, String sha256, boolean downloaded)
            throws IOException {
        return new Pulled(model, Files.size(model), sha256, entry.checksum().isPresent(), downloaded);
    }

    /** Downloads and verifies; once more from the start where an earlier attempt left what does not fit. */
    private String fetch(CatalogueEntry entry, Path part, PullListener listener) throws IOException {
        Download download = new Download(entry, part, patience, proxies, listener);
        boolean resumed = Files.exists(part);
        while (true) {
            download.fetch();
            try {
                return verify(entry, part);
            } catch (InvalidInputException e) {
                Files.delete(part);
                if (!resumed) {
                    throw e;
                }
                resumed = false;
                listener.note("what an earlier attempt left does not fit; starting again");
            }
        }
    }

    /** Checks length and hash, or, where no hash is published, that it loads; returns the hash that it has. */
    private static String verify(CatalogueEntry entry, Path file) throws IOException {
        long bytes = Files.size(file);
        if (entry.bytes().isPresent() && entry.bytes().getAsLong() != bytes) {
            throw new InvalidInputException(
                    entry.address() + ": expected " + entry.bytes().getAsLong() + " bytes, found " + bytes);
        }
        String sha256 = FileHash.of(file).sha256();
        if (entry.checksum().isPresent() && !entry.checksum().get().matches(sha256)) {
            Checksum expected = entry.checksum().get();
            throw new InvalidInputException(
                    entry.address() + ": expected SHA-256 " + expected.sha256() + (expected.isWhole() ? "" : "...")
                            + ", found " + sha256);
        }
        if (entry.checksum().isEmpty()) {
            try {
                Model.read(file);
            } catch (InvalidInputException e) {
                throw new InvalidInputException(
                        entry.address() + ": expected a model, found what does not load: " + e.getMessage(), e);
            }
        }
        return sha256;
    }
}
