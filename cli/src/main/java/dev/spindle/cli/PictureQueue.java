package dev.spindle.cli;

import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.image.ImageDecoder;
import dev.spindle.image.Preprocessor;
import dev.spindle.network.Network;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Pictures as a network wants them, one after the other, while other threads decode and scale the next ones. */
final class PictureQueue implements AutoCloseable {

    /** More do not help: one session runs the network. */
    private static final int MOST_DECODERS = 4;

    private final Model model;
    private final List<Path> files;
    private final int waiting;
    private final ExecutorService threads;
    private final Queue<CompletableFuture<Prepared>> ahead = new ArrayDeque<>();
    private final long start = System.nanoTime();
    private int begun;
    private int taken;

    /** A picture as the network wants it; null without failure, or without input where it could not be used. */
    record Prepared(Path file, float[] input, RuntimeException failure) {}

    /**
     * Starts.
     *
     * @param name what reports call the model
     * @param model that the pictures are for
     * @param files the pictures, in the order in which they come
     * @throws InvalidInputException where memory does not suffice for those that wait
     */
    PictureQueue(String name, Model model, List<Path> files) {
        this.model = model;
        this.files = files;
        int decoders = Math.clamp(Runtime.getRuntime().availableProcessors() - 1, 1, MOST_DECODERS);
        this.waiting = 2 * decoders;
        Heap.require(name + ": pictures that wait", (long) waiting * Float.BYTES * inputLength());
        this.threads = Executors.newFixedThreadPool(decoders);
    }

    private int inputLength() {
        Network network = model.network();
        return 3 * network.height() * network.width();
    }

    /** The next one. */
    Prepared next() {
        for (; begun < files.size() && ahead.size() < waiting; begun++) {
            Path file = files.get(begun);
            ahead.add(CompletableFuture.supplyAsync(() -> prepare(file), threads));
        }
        taken++;
        return ahead.remove().join();
    }

    private Prepared prepare(Path file) {
        Network network = model.network();
        float[] input = new float[inputLength()];
        try {
            new Preprocessor(model.preprocessing(), network.height(), network.width())
                    .apply(ImageDecoder.decode(file), input, 0);
            return new Prepared(file, input, null);
        } catch (InvalidInputException | UncheckedIOException e) {
            return new Prepared(file, null, e);
        }
    }

    /** Since the start. */
    double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    /** How far it is. */
    String state() {
        return Text.format("%,d of %,d images, %,.1f images/s", taken, files.size(), taken / seconds());
    }

    @Override
    public void close() {
        threads.close();
    }
}
