package dev.spindle.spark;

import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.image.Image;
import dev.spindle.image.ImageDecoder;
import dev.spindle.network.DeepLab;
import java.util.List;

/** Decodes and runs images on one thread, and knows the time that it took. */
abstract class Lane implements AutoCloseable {

    private long decodeNanos;
    private long inferNanos;

    /** A lane for what a model does. */
    static Lane of(Model model) {
        return model.network().top() instanceof DeepLab ? new MaskLane(model) : new ClassifierLane(model);
    }

    /**
     * Runs a batch.
     *
     * @param images files' bytes; null is an image that cannot be used
     * @return one prediction an image, in order
     */
    abstract List<Prediction> run(List<byte[]> images, Request request);

    /** Frees what it holds of the model. */
    @Override
    public abstract void close();

    /** The picture of a file's bytes; what cannot be used is an {@link InvalidInputException}. */
    static Image decode(byte[] image, String source) {
        if (image == null) {
            throw new InvalidInputException(source + ": expected a picture, found null");
        }
        return ImageDecoder.decode(image, source);
    }

    /** Adds time spent. */
    void spent(long decode, long infer) {
        decodeNanos += decode;
        inferNanos += infer;
    }

    /** Time spent since the start on decoding and resizing. */
    long decodeNanos() {
        return decodeNanos;
    }

    /** Time spent since the start in the network. */
    long inferNanos() {
        return inferNanos;
    }
}
