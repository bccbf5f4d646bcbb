package dev.spindle.spark;

import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Warmup;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model that all tasks of a JVM share, whatever transformer, job or session they belong to. It lives as long as a broadcast
 * of its files is in the JVM, or a task runs it; then it is closed.
 */
final class SharedModel {

    private static final Logger LOGGER = LoggerFactory.getLogger(SharedModel.class);
    private static final String OPTIONS = "--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED";

    private static final Cleaner CLEANER = Cleaner.create();
    /** By content. Guarded by itself. */
    private static final Map<String, WeakReference<SharedModel>> LOADED = new HashMap<>();

    private final Model model;
    /** By task attempt. */
    private final Map<Long, Lanes> busy = new ConcurrentHashMap<>();

    private SharedModel(Model model) {
        this.model = model;
    }

    /** The model of these files, loaded unless it is there. */
    static SharedModel of(ModelFiles files, Counters counters) {
        synchronized (LOADED) {
            WeakReference<SharedModel> known = LOADED.get(files.sha256());
            SharedModel loaded = known == null ? null : known.get();
            if (loaded == null) {
                if (LOADED.isEmpty()) { // From the first model on, it never is again.
                    warning(Kernels.best().name(), Kernels.all()).ifPresent(LOGGER::warn);
                }
                LOADED.values().removeIf(reference -> reference.refersTo(null));
                // From the first image to the last, a job's results are of one backend.
                Model model = Model.of(files.read(), Options.DEFAULT.withWarmup(Warmup.BLOCKING));
                loaded = new SharedModel(model);
                CLEANER.register(loaded, model::close);
                LOADED.put(files.sha256(), new WeakReference<>(loaded));
                counters.addModel();
            }
            return loaded;
        }
    }

    /**
     * What to tell where a backend is chosen for want of a better one that users could have.
     *
     * @param chosen the backend's name
     * @param all every backend, the preferred ones first
     */
    static Optional<String> warning(String chosen, List<KernelCandidate> all) {
        String missed = all.stream()
                .takeWhile(candidate -> !candidate.name().equals(chosen))
                .filter(candidate -> candidate.availability() == KernelCandidate.Availability.MISSING)
                .map(candidate -> "without " + candidate.name() + ": " + candidate.reason())
                .collect(Collectors.joining("; "));
        return missed.isEmpty()
                ? Optional.empty()
                : Optional.of("Spindle runs on backend " + chosen + ", " + missed
                        + ". Executors get what the JVM needs with spark.executor.extraJavaOptions=" + OPTIONS);
    }

    /**
     * Runs images with what the current task has for it, or without a task, with what is there for the call alone.
     *
     * @param images files' bytes; null is an image that cannot be used
     * @param counters learn of images and time
     * @return one prediction an image, in order
     */
    List<Prediction> run(List<byte[]> images, Request request, Counters counters) {
        TaskContext task = TaskContext.get();
        if (task != null) {
            return busy.computeIfAbsent(task.taskAttemptId(), id -> open(task)).run(images, request, counters);
        }
        try (Lanes lanes = new Lanes(model, 1)) {
            return lanes.run(images, request, counters);
        }
    }

    private Lanes open(TaskContext task) {
        Lanes lanes = new Lanes(model, task.cpus());
        task.addTaskCompletionListener((TaskCompletionListener) ended -> {
            busy.remove(ended.taskAttemptId());
            lanes.close();
        });
        return lanes;
    }
}
