package dev.spindle.spark;

import dev.spindle.Classification;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Session;
import dev.spindle.image.ImageDecoder;
import dev.spindle.image.Preprocessor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Decodes and runs images on one thread: its buffers, which are kept and only grow, and the time that it took. */
final class Lane implements AutoCloseable {

    private final Session session;
    private final Preprocessor preprocessor;
    private final List<String> labels;
    private float[] input = {};
    private float[] logits = {};
    private float[] features = {};
    private long decodeNanos;
    private long inferNanos;

    Lane(Model model) {
        session = model.newSession();
        preprocessor =
                new Preprocessor(model.preprocessing(), model.network().height(), model.network().width());
        labels = model.labels();
    }

    /**
     * Runs a batch.
     *
     * @param images files' bytes; null is an image that cannot be used
     * @return one prediction an image, in order
     */
    List<Prediction> run(List<byte[]> images, Request request) {
        long start = System.nanoTime();
        input = grown(input, images.size() * session.inputLength());
        List<String> errors = new ArrayList<>();
        int usable = 0;
        for (byte[] image : images) {
            String error = decode(image, request.source(), usable * session.inputLength());
            errors.add(error);
            usable += error == null ? 1 : 0;
        }
        long decoded = System.nanoTime();
        infer(usable, request);
        inferNanos += System.nanoTime() - decoded;
        decodeNanos += decoded - start;
        return predictions(errors, request);
    }

    /** Writes an image's input; returns why that cannot be done, or null. */
    private String decode(byte[] image, String source, int offset) {
        if (image == null) {
            return source + ": expected a picture, found null";
        }
        try {
            preprocessor.apply(ImageDecoder.decode(image, source), input, offset);
            return null;
        } catch (InvalidInputException e) {
            return e.getMessage();
        }
    }

    private void infer(int images, Request request) {
        boolean classify = request.classes() > 0;
        if (images == 0 || !classify && !request.features()) {
            return;
        }
        if (classify) {
            logits = grown(logits, images * session.logitsLength());
        }
        if (request.features()) {
            features = grown(features, images * session.featuresLength());
        }
        session.run(input, images, classify ? logits : null, request.features() ? features : null);
    }

    private List<Prediction> predictions(List<String> errors, Request request) {
        List<Prediction> predictions = new ArrayList<>();
        int at = 0;
        for (String error : errors) {
            if (error == null) {
                predictions.add(new Prediction(
                        request.classes() > 0
                                ? Classification.top(part(logits, at, session.logitsLength()), request.classes(), labels)
                                : null,
                        request.features() ? part(features, at, session.featuresLength()) : null,
                        null));
                at++;
            } else {
                predictions.add(Prediction.failed(error));
            }
        }
        return predictions;
    }

    private static float[] part(float[] all, int image, int length) {
        return Arrays.copyOfRange(all, image * length, (image + 1) * length);
    }

    private static float[] grown(float[] array, int length) {
        return array.length < length ? new float[length] : array;
    }

    /** Time spent since the start on decoding and resizing. */
    long decodeNanos() {
        return decodeNanos;
    }

    /** Time spent since the start in the network. */
    long inferNanos() {
        return inferNanos;
    }

    @Override
    public void close() {
        session.close();
    }
}
