package dev.spindle.spark;

import dev.spindle.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * What one task runs images with: a lane a CPU of the task's. One lane works on the task's own thread, several on threads
 * that end with the task.
 */
final class Lanes implements AutoCloseable {

    private final List<Lane> lanes;
    private final ExecutorService threads;

    Lanes(Model model, int cpus) {
        lanes = IntStream.range(0, cpus).mapToObj(lane -> Lane.of(model)).toList();
        threads = cpus == 1 ? null : Executors.newFixedThreadPool(cpus);
    }

    /**
     * Runs images, split evenly.
     *
     * @param images files' bytes; null is an image that cannot be used
     * @param counters learn of images and time
     * @return one prediction an image, in order
     */
    List<Prediction> run(List<byte[]> images, Request request, Counters counters) {
        long decoded = lanes.stream().mapToLong(Lane::decodeNanos).sum();
        long inferred = lanes.stream().mapToLong(Lane::inferNanos).sum();
        List<Prediction> predictions = threads == null ? lanes.getFirst().run(images, request) : split(images, request);
        counters.add(
                images.size(),
                predictions.stream().filter(prediction -> prediction.error() != null).count(),
                lanes.stream().mapToLong(Lane::decodeNanos).sum() - decoded,
                lanes.stream().mapToLong(Lane::inferNanos).sum() - inferred);
        return predictions;
    }

    private List<Prediction> split(List<byte[]> images, Request request) {
        List<Callable<List<Prediction>>> parts = new ArrayList<>();
        for (int i = 0; i < lanes.size(); i++) {
            Lane lane = lanes.get(i);
            List<byte[]> part = images.subList(i * images.size() / lanes.size(), (i + 1) * images.size() / lanes.size());
            parts.add(() -> lane.run(part, request));
        }
        List<Prediction> all = new ArrayList<>();
        try {
            for (Future<List<Prediction>> part : threads.invokeAll(parts)) {
                all.addAll(part.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the task was interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("images could not be run", e.getCause());
        }
        return all;
    }

    @Override
    public void close() {
        if (threads != null) {
            threads.shutdownNow();
        }
        lanes.forEach(Lane::close);
    }
}
