package dev.spindle.weights.catalogue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The 1000 classes of ILSVRC 2012: WordNet identifiers in their order, which is that of every published network's outputs,
 * and the words of each synset. From TensorFlow's model garden ({@code research/slim/datasets}), Apache-2.0.
 */
final class ImageNet {

    static final int CLASSES = 1000;

    private static final String RESOURCE = "imagenet.tsv";

    private ImageNet() {}

    static List<String> wordNetIds() {
        return column(0);
    }

    static List<String> labels() {
        return column(1);
    }

    private static List<String> column(int index) {
        try (InputStream in = ImageNet.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + RESOURCE + " is missing from this build");
            }
            String table = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return table.lines().map(line -> line.split("\t")[index]).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(RESOURCE + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
