package dev.spindle.weights.catalogue;

import java.util.ArrayList;
import java.util.List;

/** The classes that published models tell apart. */
public enum LabelSet {
    /** The 1000 classes of ILSVRC 2012, in the order of their WordNet identifiers. */
    IMAGENET("imagenet", 0),
    /** The same behind a class 0 for what is none of them, as TensorFlow Slim has it. */
    IMAGENET_BACKGROUND("imagenet-background", 1);

    private static final String BACKGROUND = "background";

    private final String id;
    private final int before;

    LabelSet(String id, int before) {
        this.id = id;
        this.before = before;
    }

    /** What manifests call it. */
    public String id() {
        return id;
    }

    /** How many classes there are. */
    public int size() {
        return before + ImageNet.CLASSES;
    }

    /** One name a class. */
    public List<String> labels() {
        return behindBackground(BACKGROUND, ImageNet.labels());
    }

    /** One WordNet identifier a class, such as {@code n01440764}; empty for the background. */
    public List<String> wordNetIds() {
        return behindBackground("", ImageNet.wordNetIds());
    }

    private List<String> behindBackground(String background, List<String> classes) {
        List<String> all = new ArrayList<>(size());
        for (int i = 0; i < before; i++) {
            all.add(background);
        }
        all.addAll(classes);
        return List.copyOf(all);
    }
}
