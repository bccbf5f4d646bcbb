package dev.spindle;

import dev.spindle.kernel.Memory;
import dev.spindle.network.DeepLab;
import dev.spindle.network.Network;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Outputs;
import dev.spindle.plan.Plan;
import java.util.Arrays;
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

    /** Most images of a batch that share a panel of weights: few enough for their features to stay beside it in the cache. */
    private static final int TOGETHER = 8;

    private final Model model;
    /** The layers whose maps {@link #features} gives. */
    private final List<String> maps;
    private Engine engine;
    private Plan plan;
    private Memory activations;
    /** One for each image of a batch; none until there was one. */
    private Memory[] places = {};
    private Run run;
    /** For a plan of integers; null for one of fp32. */
    private IntegerInput integerInput;
    /** For a classifier in integers; null for others. */
    private IntegerOutput integerOutput;
    /** For a segmentation network; null for others. */
    private MaskOutput maskOutput;
    private FeatureMap features;
    private FeatureMap logits;
    private MapOutput mapOutput;
    /** How many layers of the plan make the features. */
    private int featureLayers;
    /** How many images of a batch go through the last layers together. */
    private int together;
    private final int inputLength;
    private final int featuresLength;
    private final int logitsLength;
    private final Occupancy occupancy = new Occupancy(this::free);
    private int threads;

    /**
     * @param model is asked before each run what to run on
     * @param engine the model's, held for this session, which lets go of it when the buffers are gone
     * @param maps the layers whose maps {@link #features} gives
     */
    Session(Model model, Engine engine, int threads, List<String> maps) {
        this.model = model;
        this.maps = maps;
        reserve(engine, places, threads);
        take(engine);
        Network network = plan.network();
        this.inputLength = network.height() * network.width() * 3;
        this.featuresLength = features == null ? 0 : features.length();
        this.logitsLength = logits == null ? 0 : logits.length();
    }

    /** From now on, input goes to where this engine's plan takes it, and output comes from where that has it. */
    private void take(Engine next) {
        engine = next;
        plan = next.plan();
        integerInput = plan.integers().map(ends -> new IntegerInput(plan, ends)).orElse(null);
        integerOutput = null;
        maskOutput = null;
        switch (plan.outputs()) {
            case Outputs.Classified classified -> {
                features = classified.features();
                logits = classified.logits();
                integerOutput =
                        plan.integers().map(ends -> new IntegerOutput(plan, ends, classified)).orElse(null);
            }
            case Outputs.Segmented segmented -> {
                features = segmented.features();
                logits = segmented.logits();
                maskOutput = new MaskOutput(plan, (DeepLab) plan.network().top(), segmented);
            }
            case Outputs.Detected _ -> {
                features = null;
                logits = null;
            }
        }
        mapOutput = new MapOutput(plan, maps);
        featureLayers = plan.tail().map(Outputs.Tail::from).orElse(plan.layers().size());
        together = plan.tail().isPresent() ? TOGETHER : 1;
    }

    /** Begins a run: on what the model runs on by now. */
    private void enter() {
        occupancy.enter();
        Engine current = model.engine();
        if (current != engine && current.hold()) {
            moveTo(current);
        }
    }

    /** Goes over to another engine. For want of memory all stays as it was, and the next run tries again. */
    private void moveTo(Engine current) {
        Engine before = engine;
        Memory memory = activations;
        Memory[] batch = places;
        try {
            reserve(current, new Memory[0], threads);
        } catch (OutOfMemoryError e) {
            current.release();
            return;
        }
        take(current);
        memory.close();
        for (Memory place : batch) {
            place.close();
        }
        before.release();
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
        if (count == threads) {
            return this;
        }
        enter();
        try {
            Memory old = activations;
            reserve(engine, places, count);
            old.close();
        } finally {
            occupancy.leave();
        }
        return this;
    }

    /**
     * Memory for as many threads: what they share, and scratch for each. Where there is none, all stays as it was.
     *
     * @param batch a place for each image of a batch
     */
    private void reserve(Engine on, Memory[] batch, int count) {
        int participants = Math.min(count, 1 + WorkerPool.SIZE);
        Memory reserved = on.plan().newActivations(participants);
        run = new Run(on.kernel(), on.plan(), reserved, batch);
        activations = reserved;
        places = batch;
        threads = participants;
    }

    /** Memory for as many images of a batch, if there is less. Where it runs out, what there is by then stays in use. */
    private void reservePlaces(int count) {
        for (int place = places.length; place < count; place++) {
            Memory[] more = Arrays.copyOf(places, place + 1);
            more[place] = plan.layout().allocate(plan.tail().orElseThrow().length());
            run = new Run(engine.kernel(), plan, activations, more);
            places = more;
        }
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
        if (maskOutput == null) {
            throw new IllegalArgumentException(
                    "a mask wanted, expected a segmentation network, found " + plan.network().architecture());
        }
        requireLength("input", length, 1, inputLength);
        requireLength("mask", mask.length, 1, maskOutput.length());
        enter();
        try {
            runOne(reals, bytes);
            maskOutput.mask(activations, mask);
        } finally {
            occupancy.leave();
        }
    }

    private void runOne(float[] reals, byte[] bytes) {
        run.begin(threads);
        try {
            stage(reals, bytes, 0);
            run.all();
        } finally {
            run.end();
        }
    }

    /** Checks that a plan of fp32 is not asked for bytes. */
    private void requireIntegers(String what, byte[] bytes) {
        if (bytes != null && integerInput == null) {
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
        if (output != null && integerOutput == null) {
            throw new IllegalArgumentException(
                    "output of bytes wanted, expected a classifier, found " + plan.network().architecture());
        }
        if (logits != null && this.logits == null || features != null && this.features == null) {
            throw new IllegalArgumentException(
                    "logits or features wanted, expected a classifier, found " + plan.network().architecture());
        }
        requireLength("input", length, images, inputLength);
        requireLength("output", output == null ? Integer.MAX_VALUE : output.length, images, logitsLength);
        requireLength("logits", logits == null ? Integer.MAX_VALUE : logits.length, images, logitsLength);
        requireLength("features", features == null ? Integer.MAX_VALUE : features.length, images, featuresLength);
        enter();
        try {
            runAll(reals, bytes, images, output, logits, features);
        } finally {
            occupancy.leave();
        }
    }

    /** What {@link #features} gives: the maps that {@link Options#maps} name, in their order. */
    public List<FeatureMap> maps() {
        return mapOutput.maps();
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
            run.begin(threads);
            try {
                for (int image = 0; image < images; image++) {
                    stage(reals, bytes, image * inputLength);
                    run.first(mapOutput.layers());
                    mapOutput.read(activations, image, maps);
                }
            } finally {
                run.end();
            }
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
        if (!(plan.outputs() instanceof Outputs.Detected detected)) {
            throw new IllegalArgumentException(
                    "predictions wanted, expected a detector, found " + plan.network().architecture());
        }
        requireLength("input", input.length, 1, inputLength);
        requireLength("boxes", boxes.length, 1, detected.boxes().stream().mapToInt(FeatureMap::length).sum());
        requireLength("classes", classes.length, 1, detected.classes().stream().mapToInt(FeatureMap::length).sum());
        enter();
        try {
            runOne(input, null);
            copy(detected.boxes(), boxes);
            copy(detected.classes(), classes);
        } finally {
            occupancy.leave();
        }
    }

    private void copy(List<FeatureMap> maps, float[] target) {
        int at = 0;
        for (FeatureMap map : maps) {
            System.arraycopy(map.read(activations, plan.layout()), 0, target, at, map.length());
            at += map.length();
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
            traceAll(input, observer);
        } finally {
            occupancy.leave();
        }
    }

    private void traceAll(float[] input, BiConsumer<FeatureMap, Supplier<float[]>> observer) {
        run.begin(threads);
        try {
            stage(input, null, 0);
            for (int i = 0; i < plan.maps().size(); i++) {
                run.layer(i);
                FeatureMap map = plan.maps().get(i);
                observer.accept(map, () -> map.read(activations, plan.layout()));
            }
        } finally {
            run.end();
        }
    }

    private static void requireLength(String what, int found, int images, int each) {
        if (found < (long) images * each) {
            throw new IllegalArgumentException(what + " of length " + found + ", expected at least " + images + " x " + each);
        }
    }

    private void runAll(
            float[] reals, byte[] bytes, int images, byte[] output, float[] wantedLogits, float[] wantedFeatures) {
        boolean classifies = output != null || wantedLogits != null;
        int most = classifies ? together : 1;
        if (Math.min(images, most) > 1) {
            reservePlaces(Math.min(images, most));
        }
        run.begin(threads);
        try {
            for (int first = 0; first < images; first += most) {
                int count = Math.min(most, images - first);
                if (count == 1) {
                    stage(reals, bytes, first * inputLength);
                    if (classifies) {
                        run.all();
                    } else {
                        run.first(featureLayers);
                    }
                    results(activations, first, output, wantedLogits, wantedFeatures);
                    continue;
                }
                for (int place = 0; place < count; place++) {
                    stage(reals, bytes, (first + place) * inputLength);
                    run.body(place);
                }
                run.tail(count);
                for (int place = 0; place < count; place++) {
                    results(places[place], first + place, output, wantedLogits, wantedFeatures);
                }
            }
        } finally {
            run.end();
        }
    }

    private void results(Memory memory, int image, byte[] output, float[] wantedLogits, float[] wantedFeatures) {
        if (output != null) {
            integerOutput.output(memory, output, image * logitsLength);
        }
        if (wantedLogits != null) {
            result(memory, logits, wantedLogits, image * logitsLength);
        }
        if (wantedFeatures != null) {
            result(memory, features, wantedFeatures, image * featuresLength);
        }
    }

    private void result(Memory memory, FeatureMap map, float[] target, int to) {
        if (integerOutput != null) {
            integerOutput.real(memory, map, target, to);
        } else if (maskOutput == null) {
            memory.read(map.offset(), target, to, map.length());
        } else {
            float[] values = map.read(memory, plan.layout());
            System.arraycopy(values, 0, target, to, values.length);
        }
    }

    /** Writes an image of the one input or the other to where the plan takes it. */
    private void stage(float[] reals, byte[] bytes, int from) {
        if (bytes != null) {
            integerInput.stage(activations, bytes, from);
        } else if (integerInput != null) {
            integerInput.stage(activations, reals, from);
        } else {
            int height = plan.network().height();
            int row = inputLength / height;
            for (int y = 0; y < height; y++) {
                activations.write(plan.input().row(y), reals, from + y * row, row);
            }
        }
    }

    /** Frees the buffers, after the run that may be under way; idempotent. */
    @Override
    public void close() {
        occupancy.close();
    }

    private void free() {
        activations.close();
        for (Memory place : places) {
            place.close();
        }
        engine.release();
    }
}
