package dev.spindle.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The top of the papers' networks: a last 1x1 convolution, the average over its map, a dense layer with bias.
 *
 * @param head the last convolution before the pool; empty where the family has none
 * @param classes outputs of the dense layer
 */
public record Classifier(Optional<Conv> head, int classes) implements Top {

    /** Checks the count of classes. */
    public Classifier {
        Objects.requireNonNull(head, "head");
        if (classes < 1) {
            throw new IllegalArgumentException(classes + " classes, expected at least 1");
        }
    }

    @Override
    public List<Conv> convolutions() {
        return head.stream().toList();
    }

    @Override
    public List<Conv> weighted(int channels) {
        List<Conv> all = new ArrayList<>(convolutions());
        all.add(Conv.pointwise(Network.CLASSIFIER, features(channels), classes, Activation.LINEAR));
        return all;
    }

    @Override
    public int features(int channels) {
        return head.map(Conv::outputs).orElse(channels);
    }

    @Override
    public void requireInput(List<Conv> backbone, int height, int width) {
        int channels = backbone.getLast().outputs();
        if (head.isPresent() && head.get().inputs() != channels) {
            throw new IllegalArgumentException(
                    "head takes " + head.get().inputs() + " channels, but is given " + channels);
        }
    }

    @Override
    public long parameters(int channels) {
        return head.map(Conv::parameters).orElse(0L) + (features(channels) + 1L) * classes;
    }

    @Override
    public long macs(List<Conv> backbone, int height, int width) {
        MapSize map = new MapSize(height, width).behind(backbone);
        return head.map(conv -> conv.macs(map.rows(), map.columns())).orElse(0L)
                + (long) features(backbone.getLast().outputs()) * classes;
    }
}
