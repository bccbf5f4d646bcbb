package dev.spindle;

import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Outputs;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * The buffers of one caller. A run reads and writes the caller's own arrays and allocates nothing, but for the first one after
 * the model has warmed up in the background, which goes over to other buffers.
 *
 * <p>A session serves one thread at a time; a second one is refused with {@link IllegalStateException}. {@link #close} is
 * idempotent and may come from any thread: if a run is under way, it is finished first and the buffers go with it.
 */
public final class Session implements AutoCloseable {

    private final Model model;
    /** The layers whose maps {@link #features} gives. */
    private final List<String> mapNames;
    private Workspace workspace;
    private final int inputLength;
    private final int featuresLength;
    private final int logitsLength;
    private final Occupancy occupancy = new Occupancy(() -> workspace.close());

    /**
     * @param model is asked before each run what to run on
     * @param engine the model's, held for this session, which lets go of it when the buffers are gone
     * @param mapNames the layers whose maps {@link #features} gives
     */
    Session(Model model, Engine engine, int threads, List<String> mapNames) {
        this.model = model;
        this.mapNames = mapNames;
        this.workspace = new Workspace(engine, threads, mapNames);
        this.inputLength = workspace.inputLength();
        this.featuresLength = workspace.featuresLength();
        this.logitsLength = workspace.logitsLength();
    }

    /** Begins a run on what the model runs on by now; for want of memory on what was there, and the next run tries again. */
    private void enter() {
        occupancy.enter();
        Engine current = model.engine();
        if (current != workspace.engine() && current.hold()) {
            Workspace before = workspace;
            try {
                workspace = new Workspace(current, before.threads(), mapNames);
            } catch (OutOfMemoryError e) {
                current.release();
                return;
            }
            before.close();
        }
    }

    /**
     * How many threads a run may use, the caller's included; results are the same bits for every number. Helpers come
     * from one pool a process, one a processor but for the caller's; a run goes on with fewer where others are busy.
     *
     * @param count at least 1; more than there are processors is as many
     * @return this session
     * @throws IllegalStateException where the session is closed or runs on another thread
     */
    public Session threads(int count) {
        if (count < 1) {
            throw new IllegalArgumentException(count + " threads, expected at least 1");
        }
        if (count == workspace.threads()) {
            return this;
        }
        enter();
        try {
            workspace.reserve(count);
        } finally {
            occupancy.leave();
        }
        return this;
    }

    /** Floats of one input image: height x width x 3. */
    public int inputLength() {
        return inputLength;
    }

    /** Floats of one embedding. */
    public int featuresLength() {
        return featuresLength;
    }

    /** Floats of one image's logits: the number of classes; of a segmentation network, for each pixel of its smaller map. */
    public int logitsLength() {
        return logitsLength;
    }

    /**
     * Runs one image.
     *
     * @param input {@code [height][width][3]}, preprocessed
     * @param logits receives {@code [classes]}, before softmax
     */
    public void run(float[] input, float[] logits) {
        run(input, 1, logits, null);
    }

    /**
     * Runs a batch. Up to eight images at a time share each panel of the classifier's weights. The first larger batch
     * than before reserves memory for it; later ones allocate nothing. Where only features are wanted, the classifier does
     * not run.
     *
     * @param input {@code [images][height][width][3]}, preprocessed
     * @param images how many, at least 1
     * @param logits receives {@code [images][classes]}, before softmax; null where they are not wanted
     * @param features receives {@code [images][features]}, the pooled output of the last convolution; null where they
     *     are not wanted
     * @throws IllegalArgumentException where an array is too short
     * @throws IllegalStateException where the session is closed or runs on another thread
     */
    public void run(float[] input, int images, float[] logits, float[] features) {
        run(input, images, null, logits, features);
    }

    /**
     * Runs a batch, and gives the model's own output, too, where it runs in integers. The input is rounded to the model's
     * bytes and saturates, as TensorFlow Lite quantises it.
     *
     * @param input {@code [images][height][width][3]}, preprocessed
     * @param images how many, at least 1
     * @param output receives {@code [images][classes]} as {@link #run(byte[], int, byte[], float[], float[])} gives them;
     *     null where they are not wanted
     * @param logits receives {@code [images][classes]}, before softmax; null where they are not wanted
     * @param features receives {@code [images][features]}, the pooled output of the last convolution; null where they
     *     are not wanted
     * @throws IllegalArgumentException where an array is too short, or output is wanted of a model that runs in fp32
     * @throws IllegalStateException where the session is closed or runs on another thread
     */
    public void run(float[] input, int images, byte[] output, float[] logits, float[] features) {
        Objects.requireNonNull(input, "input");
        run(input.length, input, null, images, output, logits, features);
    }

    /**
     * Runs a batch of the model's own bytes, where it runs in integers. Signed or not, input and output are as the file has
     * them, see {@link dev.spindle.plan.QuantisedWeights.Ends}.
     *
     * @param input {@code [images][height][width][3]}, quantised
     * @param images how many, at least 1
     * @param output receives {@code [images][classes]}, behind the softmax that the model may end in; null where they are
     *     not wanted
     * @param logits receives {@code [images][classes]}, before softmax, as the real numbers that their bytes stand for; null
     *     where they are not wanted
     * @param features receives {@code [images][features]}, as real numbers, too; null where they are not wanted
     * @throws IllegalArgumentException where an array is too short, or the model runs in fp32
     * @throws IllegalStateException where the session is closed or runs on another thread
     */
    public void run(byte[] input, int images, byte[] output, float[] logits, float[] features) {
        Objects.requireNonNull(input, "input");
        requireIntegers("input", input);
        run(input.length, null, input, images, output, logits, features);
    }

    /**
     * Segments one image.
     *
     * @param input {@code [height][width][3]}, preprocessed
     * @param mask receives {@code [height][width]}: the class of each pixel, as an unsigned byte
     * @throws IllegalArgumentException where an array is too short, or the network does not segment
     * @throws IllegalStateException where the session is closed or runs on another thread
     */
    public void segment(float[] input, byte[] mask) {
        Objects.requireNonNull(input, "input");
        segment(input.length, input, null, mask);
    }

    /**
     * Segments one image of the model's own bytes, where it runs in integers.
     *
     * @param input {@code [height][width][3]}, quantised
     * @param mask receives {@code [height][width]}: the class of each pixel, as an unsigned byte
     * @throws IllegalArgumentException where an array is too short, the model runs in fp32, or the network does not segment
     * @throws IllegalStateException where the session is closed or runs on another thread
     */
    public void segment(byte[] input, byte[] mask) {
        Objects.requireNonNull(input, "input");
        requireIntegers("input", input);
        segment(input.length, null, input, mask);
    }

    /** With one of the two inputs. */
    private void segment(int length, float[] reals, byte[] bytes, byte[] mask) {
        if (workspace.maskLength() == 0) {
            throw new IllegalArgumentException("a mask wanted, expected a segmentation network, found " + architecture());
        }
        requireLength("input", length, 1, inputLength);
        requireLength("mask", mask.length, 1, workspace.maskLength());
        enter();
        try {
            workspace.segment(reals, bytes, mask);
        } finally {
            occupancy.leave();
        }
    }

    /** Checks that a plan of fp32 is not asked for bytes. */
    private void requireIntegers(String what, byte[] bytes) {
        if (bytes != null && !workspace.inIntegers()) {
            throw new IllegalArgumentException(what + " of bytes, expected floats for a model that runs in fp32");
        }
    }

    /** With one of the two inputs. */
    private void run(
            int length, float[] reals, byte[] bytes, int images, byte[] output, float[] logits, float[] features) {
        if (images < 1) {
            throw new IllegalArgumentException(images + " images, expected at least 1");
        }
        requireIntegers("output", output);
        if (output != null && !workspace.givesBytes()) {
            throw new IllegalArgumentException("output of bytes wanted, expected a classifier, found " + architecture());
        }
        if (logits != null && logitsLength == 0 || features != null && featuresLength == 0) {
            throw new IllegalArgumentException(
                    "logits or features wanted, expected a classifier, found " + architecture());
        }
        requireLength("input", length, images, inputLength);
        requireLength("output", output == null ? Integer.MAX_VALUE : output.length, images, logitsLength);
        requireLength("logits", logits == null ? Integer.MAX_VALUE : logits.length, images, logitsLength);
        requireLength("features", features == null ? Integer.MAX_VALUE : features.length, images, featuresLength);
        enter();
        try {
            workspace.run(reals, bytes, images, output, logits, features);
        } finally {
            occupancy.leave();
        }
    }

    /** What {@link #features} gives: the maps that {@link Options#maps} name, in their order. */
    public List<FeatureMap> maps() {
        return workspace.maps();
    }

    /**
     * Runs a batch as far as the maps that {@link Options#maps} name need it; layers behind the last one do not run. Values
     * are those of {@link #trace}, to the last bit. Once it has run, it allocates nothing.
     *
     * @param input {@code [images][height][width][3]}, preprocessed
     * @param images how many, at least 1
     * @param maps an array for each of {@link #maps}, which receives {@code [images][height][width][channels]}, bytes of a
     *     model in integers as the real numbers that they stand for
     * @throws IllegalArgumentException where an array is too short, or there are not as many as maps
     * @throws IllegalStateException where the session is closed or runs on another thread
     */
    public void features(float[] input, int images, float[]... maps) {
        Objects.requireNonNull(input, "input");
        features(input.length, input, null, images, maps);
    }

    /**
     * The same for a batch of the model's own bytes, where it runs in integers; see
     * {@link #run(byte[], int, byte[], float[], float[])}.
     *
     * @param input {@code [images][height][width][3]}, quantised
     * @param images how many, at least 1
     * @param maps an array for each of {@link #maps}
     * @throws IllegalArgumentException where an array is too short, there are not as many as maps, or the model runs in fp32
     * @throws IllegalStateException where the session is closed or runs on another thread
     */
    public void features(byte[] input, int images, float[]... maps) {
        Objects.requireNonNull(input, "input");
        requireIntegers("input", input);
        features(input.length, null, input, images, maps);
    }

    /** With one of the two inputs. */
    private void features(int length, float[] reals, byte[] bytes, int images, float[]... maps) {
        if (images < 1) {
            throw new IllegalArgumentException(images + " images, expected at least 1");
        }
        if (maps.length == 0 || maps.length != maps().size()) {
            throw new IllegalArgumentException(
                    maps.length + " arrays, expected one for each map that the model was loaded for: "
                            + maps().stream().map(FeatureMap::name).toList());
        }
        requireLength("input", length, images, inputLength);
        for (int i = 0; i < maps.length; i++) {
            requireLength(maps().get(i).name(), maps[i].length, images, maps().get(i).length());
        }
        enter();
        try {
            workspace.features(reals, bytes, images, maps);
        } finally {
            occupancy.leave();
        }
    }

    /**
     * Runs one image through a detector.
     *
     * @param input {@code [height][width][3]}, preprocessed
     * @param boxes receives the box predictions, {@code [anchors][4]}
     * @param classes receives the class predictions, {@code [anchors][classes]}, the background's first if there is one
     * @throws IllegalArgumentException where an array is too short, or the network is not a detector
     * @throws IllegalStateException where the session is closed or runs on another thread
     */
    public void predict(float[] input, float[] boxes, float[] classes) {
        Objects.requireNonNull(input, "input");
        if (!(workspace.plan().outputs() instanceof Outputs.Detected detected)) {
            throw new IllegalArgumentException("predictions wanted, expected a detector, found " + architecture());
        }
        requireLength("input", input.length, 1, inputLength);
        requireLength("boxes", boxes.length, 1, detected.boxes().stream().mapToInt(FeatureMap::length).sum());
        requireLength("classes", classes.length, 1, detected.classes().stream().mapToInt(FeatureMap::length).sum());
        enter();
        try {
            workspace.predict(input, boxes, classes);
        } finally {
            occupancy.leave();
        }
    }

    /**
     * Runs one image and shows what each layer made, the pool and the classifier included, in execution order. Of layers
     * that are fused only the last is shown; without fusion (see {@link Options#withFusion}) all are.
     *
     * @param input {@code [height][width][3]}, preprocessed
     * @param observer is given each map and a way to read it: {@code [height][width][channels]}, a new array a call, only
     *     until the observer returns, since the memory is used again
     * @throws IllegalArgumentException where the array is too short
     * @throws IllegalStateException where the session is closed or runs on another thread
     */
    public void trace(float[] input, BiConsumer<FeatureMap, Supplier<float[]>> observer) {
        Objects.requireNonNull(input, "input");
        Objects.requireNonNull(observer, "observer");
        requireLength("input", input.length, 1, inputLength);
        enter();
        try {
            workspace.trace(input, observer);
        } finally {
            occupancy.leave();
        }
    }

    private String architecture() {
        return workspace.plan().network().architecture();
    }

    private static void requireLength(String what, int found, int images, int each) {
        if (found < (long) images * each) {
            throw new IllegalArgumentException(what + " of length " + found + ", expected at least " + images + " x " + each);
        }
    }

    /** Frees the buffers, after the run that may be under way; idempotent. */
    @Override
    public void close() {
        occupancy.close();
    }
}
