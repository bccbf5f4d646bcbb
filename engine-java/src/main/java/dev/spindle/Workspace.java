package dev.spindle;

import dev.spindle.kernel.Memory;
import dev.spindle.network.DeepLab;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.MapReader;
import dev.spindle.plan.Outputs;
import dev.spindle.plan.Plan;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * The memory that a session has for one engine: how images get into it, the layers over it, and how results get out of it.
 * Arguments are checked by the session.
 */
final class Workspace implements AutoCloseable {

    /** Most images of a batch that share a panel of weights: few enough for their features to stay beside it in the cache. */
    private static final int TOGETHER = 8;

    private final Engine engine;
    private final Plan plan;
    private final MapReader reader;
    /** For a plan of integers; null for one of fp32. */
    private final IntegerInput integerInput;
    /** For a classifier in integers; null for others. */
    private final IntegerOutput integerOutput;
    /** For a segmentation network; null for others. */
    private final MaskOutput maskOutput;
    /** Both null for a detector. */
    private final FeatureMap features;
    private final FeatureMap logits;
    /** The maps that the session gives. */
    private final List<FeatureMap> maps;
    private final int inputLength;
    /** How many layers of the plan make the features. */
    private final int featureLayers;
    /** How many layers of the plan make the maps. */
    private final int mapLayers;
    /** How many images of a batch go through the last layers together. */
    private final int together;

    private Memory activations;
    /** One for each image of a batch; none until there was one. */
    private Memory[] places = {};
    private Run run;
    private int threads;

    /**
     * @param engine held for this, which lets go of it at the end; not where there is no memory
     * @param threads of a run, at least 1
     * @param names the layers whose maps are given
     */
    Workspace(Engine engine, int threads, List<String> names) {
        this.engine = engine;
        this.plan = engine.plan();
        this.reader = new MapReader(plan.layout());
        this.integerInput = plan.integers().map(ends -> new IntegerInput(plan, ends)).orElse(null);
        switch (plan.outputs()) {
            case Outputs.Classified classified -> {
                features = classified.features();
                logits = classified.logits();
                integerOutput = plan.integers().map(ends -> new IntegerOutput(plan, ends, logits)).orElse(null);
                maskOutput = null;
            }
            case Outputs.Segmented segmented -> {
                features = segmented.features();
                logits = segmented.logits();
                integerOutput = null;
                maskOutput = new MaskOutput(plan, (DeepLab) plan.network().top(), segmented);
            }
            case Outputs.Detected _ -> {
                features = null;
                logits = null;
                integerOutput = null;
                maskOutput = null;
            }
        }
        this.maps = names.stream().map(plan.kept()::get).toList();
        this.inputLength = plan.network().height() * plan.network().width() * 3;
        this.featureLayers = plan.tail().map(Outputs.Tail::from).orElse(plan.layers().size());
        this.mapLayers = 1 + maps.stream().mapToInt(plan.maps()::indexOf).max().orElse(-1);
        this.together = plan.tail().isPresent() ? TOGETHER : 1;
        reserve(threads);
    }

    Engine engine() {
        return engine;
    }

    Plan plan() {
        return plan;
    }

    /** Whether it takes the model's own bytes. */
    boolean inIntegers() {
        return integerInput != null;
    }

    /** Whether it gives the model's own bytes. */
    boolean givesBytes() {
        return integerOutput != null;
    }

    /** Floats of one input image. */
    int inputLength() {
        return inputLength;
    }

    /** Floats of one embedding; 0 where there are none. */
    int featuresLength() {
        return features == null ? 0 : features.length();
    }

    /** Floats of one image's logits; 0 where there are none. */
    int logitsLength() {
        return logits == null ? 0 : logits.length();
    }

    /** Pixels of a mask; 0 where there is none. */
    int maskLength() {
        return maskOutput == null ? 0 : maskOutput.length();
    }

    /** The maps that it gives. */
    List<FeatureMap> maps() {
        return maps;
    }

    /** How many threads a run uses. */
    int threads() {
        return threads;
    }

    /**
     * Memory for as many threads, or as there are processors: what they share, and scratch for each. Where there is none, all
     * stays as it was.
     */
    void reserve(int count) {
        Memory old = activations;
        int participants = Math.min(count, 1 + WorkerPool.SIZE);
        Memory reserved = plan.newActivations(participants);
        run = new Run(engine.kernel(), plan, reserved, places);
        activations = reserved;
        threads = participants;
        if (old != null) {
            old.close();
        }
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

    /** Runs a batch; see {@link Session#run(float[], int, byte[], float[], float[])}. One of the two inputs is null. */
    void run(float[] reals, byte[] bytes, int images, byte[] output, float[] wantedLogits, float[] wantedFeatures) {
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
                    stage(reals, bytes, first);
                    if (classifies) {
                        run.all();
                    } else {
                        run.first(featureLayers);
                    }
                    results(activations, first, output, wantedLogits, wantedFeatures);
                    continue;
                }
                for (int place = 0; place < count; place++) {
                    stage(reals, bytes, first + place);
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
            integerOutput.output(memory, output, image * logits.length());
        }
        if (wantedLogits != null) {
            reader.read(logits, memory, wantedLogits, image * logits.length());
        }
        if (wantedFeatures != null) {
            reader.read(features, memory, wantedFeatures, image * features.length());
        }
    }

    /** Segments one image; see {@link Session#segment(float[], byte[])}. One of the two inputs is null. */
    void segment(float[] reals, byte[] bytes, byte[] mask) {
        runOne(reals, bytes);
        maskOutput.mask(activations, mask);
    }

    /** Runs one image through a detector; see {@link Session#predict}. */
    void predict(float[] reals, float[] boxes, float[] classes) {
        Outputs.Detected detected = (Outputs.Detected) plan.outputs();
        runOne(reals, null);
        copy(detected.boxes(), boxes);
        copy(detected.classes(), classes);
    }

    private void copy(List<FeatureMap> predictions, float[] target) {
        int at = 0;
        for (FeatureMap map : predictions) {
            reader.read(map, activations, target, at);
            at += map.length();
        }
    }

    /** Makes the maps; see {@link Session#features(float[], int, float[][])}. One of the two inputs is null. */
    void features(float[] reals, byte[] bytes, int images, float[]... targets) {
        run.begin(threads);
        try {
            for (int image = 0; image < images; image++) {
                stage(reals, bytes, image);
                run.first(mapLayers);
                for (int i = 0; i < targets.length; i++) {
                    reader.read(maps.get(i), activations, targets[i], image * maps.get(i).length());
                }
            }
        } finally {
            run.end();
        }
    }

    /** Shows what each layer made; see {@link Session#trace}. */
    void trace(float[] input, BiConsumer<FeatureMap, Supplier<float[]>> observer) {
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

    private void runOne(float[] reals, byte[] bytes) {
        run.begin(threads);
        try {
            stage(reals, bytes, 0);
            run.all();
        } finally {
            run.end();
        }
    }

    /** Writes an image of the one input or the other to where the plan takes it. */
    private void stage(float[] reals, byte[] bytes, int image) {
        int from = image * inputLength;
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

    /** Frees the memory, and lets go of the engine. */
    @Override
    public void close() {
        activations.close();
        for (Memory place : places) {
            place.close();
        }
        engine.release();
    }
}
