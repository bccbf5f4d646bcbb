package dev.spindle;

import dev.spindle.image.Image;
import dev.spindle.image.Preprocessing;
import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.Kernels;
import dev.spindle.network.Classifier;
import dev.spindle.network.MapNames;
import dev.spindle.network.Network;
import dev.spindle.network.SsdLite;
import dev.spindle.plan.Plan;
import dev.spindle.plan.Planner;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A network ready to run on one backend. Immutable and safe for any number of threads.
 *
 * <p>{@link #close} is idempotent and may come at any time: calls and sessions that are under way end as if nothing had
 * happened, and the last of them takes the weights with it.
 */
public final class Model implements AutoCloseable {

    /** Backends without kernels for int8 that the log has named. */
    private static final Set<String> LACKING = ConcurrentHashMap.newKeySet();

    /** All of the checkpoint but its weights, which the plan has in a form of its own. */
    private final Preprocessing preprocessing;

    private final List<String> labels;
    private final Checkpoint.Source source;
    private final Options options;
    /** The layers whose maps are wanted, in the options' order. */
    private final List<String> maps;
    private final AtomicBoolean closed = new AtomicBoolean();
    /** What runs now. It changes once at most, and not once the model is closed. */
    private volatile Engine engine;
    private volatile boolean ready;
    /** Buffers for calls on pictures, as many as there ever were such calls at once. */
    private final Queue<PictureCall> idleCalls = new ConcurrentLinkedQueue<>();

    private Model(Checkpoint checkpoint, Kernel kernel, Options options) {
        MapNames names = MapNames.of(checkpoint.network());
        this.maps = options.maps().stream().map(names::layer).toList();
        this.preprocessing = checkpoint.preprocessing();
        this.labels = checkpoint.labels();
        this.source = checkpoint.source();
        this.options = options;
        this.engine = engine(checkpoint, kernel);
    }

    /** Loads a file with {@link Options#DEFAULT}; see {@link #load(Path, Options)}. */
    public static Model load(Path file) {
        return load(file, Options.DEFAULT);
    }

    /**
     * Loads a file. Formats come from the {@link CheckpointReader}s on the class or module path.
     *
     * @param file a model file
     * @param options backend, threads, fusion, precision, maps and warm-up
     * @return the model, to be closed
     * @throws InvalidInputException where the file is no model, or a damaged one
     * @throws UncheckedIOException where it cannot be read
     * @throws IllegalArgumentException for an unknown backend or map, and where {@link Precision#INT8} is wanted of a network
     *     that is not quantised or of a backend without kernels for it
     * @throws IllegalStateException where the backend cannot run here
     */
    public static Model load(Path file, Options options) {
        return of(read(file), options);
    }

    /**
     * Builds a model from network and weights.
     *
     * @param checkpoint what a reader made of a file, or what the caller made
     * @param options backend, threads, fusion, precision, maps and warm-up
     * @return the model, to be closed
     * @throws IllegalArgumentException where the network does not fit the options, such as by a map that it does not have
     */
    public static Model of(Checkpoint checkpoint, Options options) {
        return of(checkpoint, options, Kernels.byName(options.backend()), Kernels.atOnce(options.backend()));
    }

    /** Builds a model for a kernel that need not be in the registry; for tests and benchmarks of kernels. */
    static Model of(Checkpoint checkpoint, Options options, Kernel kernel) {
        return of(checkpoint, options, kernel, kernel);
    }

    /**
     * Builds a model for kernels that need not be in the registry.
     *
     * @param first runs until {@code kernel} has been warmed up in the background
     */
    static Model of(Checkpoint checkpoint, Options options, Kernel kernel, Kernel first) {
        if (options.warmup() == Warmup.BACKGROUND && first != kernel) {
            Model model = new Model(checkpoint, first, options);
            Thread thread = new Thread(() -> model.warmUp(checkpoint, kernel), "spindle-warm-up");
            thread.setDaemon(true);
            thread.setPriority(Thread.MIN_PRIORITY);
            thread.start();
            return model;
        }
        Model model = new Model(checkpoint, kernel, options);
        if (options.warmup() == Warmup.BLOCKING) {
            new KernelWarmUp(model.engine, () -> false).run();
        }
        model.ready = true;
        return model;
    }

    private void warmUp(Checkpoint checkpoint, Kernel kernel) {
        try {
            Engine next = engine(checkpoint, kernel);
            new KernelWarmUp(next, closed::get).run();
            moveTo(next);
        } catch (RuntimeException | OutOfMemoryError e) {
            System.getLogger(Model.class.getName()).log(
                    System.Logger.Level.WARNING,
                    "backend " + backend() + " is used; " + kernel.name() + " cannot be warmed up: " + e, e);
        }
        ready = true;
    }

    private Engine engine(Checkpoint checkpoint, Kernel kernel) {
        Engine made = new Engine(kernel, plan(checkpoint, options, kernel, Set.copyOf(maps)));
        kernel.prepare(made.plan().weights());
        return made;
    }

    private static Plan plan(Checkpoint checkpoint, Options options, Kernel kernel, Set<String> kept) {
        if (!inIntegers(checkpoint, options.precision(), kernel)) {
            return Planner.plan(checkpoint.network(), checkpoint.weights(), kernel.layout(), options.fusion(), kept);
        }
        return Planner.plan(
                checkpoint.network(),
                checkpoint.quantised().orElseThrow(() -> new IllegalArgumentException(
                        "int8 wanted, expected a quantised network, found one of fp32: " + checkpoint.source().format())),
                kernel.quantised().orElseThrow(() -> new IllegalArgumentException(
                        "int8 wanted, but backend " + kernel.name() + " has no kernels for it")).layout(),
                options.fusion(),
                kept);
    }

    private static boolean inIntegers(Checkpoint checkpoint, Precision precision, Kernel kernel) {
        if (precision != Precision.AUTO || checkpoint.quantised().isEmpty()) {
            return precision == Precision.INT8;
        }
        if (kernel.quantised().isEmpty() && LACKING.add(kernel.name())) {
            System.getLogger(Model.class.getName()).log(
                    System.Logger.Level.INFO,
                    "backend {0} has no kernels for int8: quantised networks run dequantised to fp32", kernel.name());
        }
        return kernel.quantised().isPresent();
    }

    /**
     * Reads a file without planning it.
     *
     * @param file a model file, or a folder where a format is of several files
     * @return network and weights
     * @throws InvalidInputException where no reader knows the file, or the one that does finds it damaged
     * @throws UncheckedIOException where it cannot be read
     */
    public static Checkpoint read(Path file) {
        ByteBuffer head = head(file);
        List<CheckpointReader> readers = ServiceLoader.load(CheckpointReader.class, Model.class.getClassLoader())
                .stream()
                .map(ServiceLoader.Provider::get)
                .toList();
        for (CheckpointReader reader : readers) {
            if (reader.accepts(file, head.asReadOnlyBuffer().order(head.order()))) {
                return reader.read(file);
            }
        }
        String formats = readers.stream().map(CheckpointReader::format).collect(Collectors.joining(", "));
        throw InvalidInputException.of(
                file, "start of file", "a model file (" + (formats.isEmpty() ? "no reader is installed" : formats) + ")",
                Files.isDirectory(file) ? "a folder" : head.hasRemaining() ? "something else" : "an empty file");
    }

    private static ByteBuffer head(Path file) {
        if (!Files.exists(file)) {
            throw new InvalidInputException(file + ": no such file");
        }
        if (Files.isDirectory(file)) {
            return ByteBuffer.allocate(0);
        }
        try (InputStream in = Files.newInputStream(file)) {
            return ByteBuffer.wrap(in.readNBytes(CheckpointReader.HEAD_BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }

    /** The description. */
    public Network network() {
        return plan().network();
    }

    /** How pictures become inputs. */
    public Preprocessing preprocessing() {
        return preprocessing;
    }

    /** One name a class; empty where the file has none. */
    public List<String> labels() {
        return labels;
    }

    /** Where the weights come from. */
    public Checkpoint.Source source() {
        return source;
    }

    /** The backend that runs this model; while it is not {@link #ready}, the one that calls run on for the time being. */
    public String backend() {
        return engine.kernel().name();
    }

    /**
     * Whether warming up is over: calls run on the backend that the model was made for, which has been compiled. Where nothing
     * is warmed up, or only before the model is handed out, it is ready at once. Should warming up fail, the log says why, and
     * the model stays on the backend that it has.
     */
    public boolean ready() {
        return ready;
    }

    /** The numbers that this model computes with: {@link Precision#FP32} or {@link Precision#INT8}. */
    public Precision precision() {
        return plan().integers().isPresent() ? Precision.INT8 : Precision.FP32;
    }

    /** The plan, for those who profile or check layers: that of {@link #backend}. */
    public Plan plan() {
        return engine.plan();
    }

    /** What runs now, for sessions to go over to. */
    Engine engine() {
        return engine;
    }

    /**
     * Classifies a picture; safe for any number of threads, each call on {@link Options#threads} of them.
     *
     * @param image the picture, decoded
     * @param k how many classes are wanted, at least 1; no more than there are come back
     * @return the most probable classes, best first
     * @throws InvalidInputException where the network is no classifier
     * @throws IllegalStateException where the model is closed
     */
    public List<Classification> classify(Image image, int k) {
        if (k < 1) {
            throw new IllegalArgumentException(k + " classes wanted, expected at least 1");
        }
        if (!(network().top() instanceof Classifier)) {
            boolean detects = network().top() instanceof SsdLite;
            throw new InvalidInputException("expected a classifier, found " + network().architecture() + ": "
                    + (detects ? "'detect' and Detector" : "'segment' and Segmenter") + " run it");
        }
        return withCall(call -> call.classify(image, k, labels()));
    }

    /**
     * The features of a picture; safe for any number of threads, each call on {@link Options#threads} of them.
     *
     * @param image the picture, decoded
     * @return the pooled output of the last convolution, {@link Network#features} values; 1280 up to width 1. Of a
     *     segmentation network, the pooled map of the backbone
     * @throws InvalidInputException where the network is a detector
     * @throws IllegalStateException where the model is closed
     */
    public float[] embed(Image image) {
        if (network().top() instanceof SsdLite) {
            throw new InvalidInputException(
                    "expected a network with features of whole pictures, found a detector: " + network().architecture());
        }
        return withCall(call -> call.embed(image));
    }

    /** Lends the buffers of a call on a picture to one. */
    <T> T withCall(Function<PictureCall, T> use) {
        if (closed.get()) {
            throw new IllegalStateException("the model is closed");
        }
        PictureCall idle = idleCalls.poll();
        PictureCall call = idle == null ? new PictureCall(newSession(), preprocessing, network()) : idle;
        try {
            return use.apply(call);
        } finally {
            idleCalls.add(call);
            if (closed.get()) {
                closeIdleCalls();
            }
        }
    }

    private void closeIdleCalls() {
        for (PictureCall call = idleCalls.poll(); call != null; call = idleCalls.poll()) {
            call.close();
        }
    }

    /**
     * Opens a session for one caller; safe for any number of threads.
     *
     * @return a session with this model's number of threads, to be closed
     * @throws IllegalStateException where the model is closed
     */
    public Session newSession() {
        Engine held = hold();
        try {
            return new Session(this, held, options.threads(), maps);
        } catch (OutOfMemoryError e) {
            held.release();
            throw e;
        }
    }

    private Engine hold() {
        while (!closed.get()) {
            Engine current = engine;
            if (current.hold()) {
                return current;
            }
        }
        throw new IllegalStateException("the model is closed");
    }

    /** From now on, runs are on this engine. Those that are under way end on the one before. */
    private void moveTo(Engine next) {
        Engine before = next;
        synchronized (this) {
            if (!closed.get()) {
                before = engine;
                engine = next;
            }
        }
        before.release();
        closeIdleCalls();
    }

    /** Frees the weights once the last session is closed; idempotent. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            closeIdleCalls();
            synchronized (this) {
                engine.release();
            }
        }
    }
}
