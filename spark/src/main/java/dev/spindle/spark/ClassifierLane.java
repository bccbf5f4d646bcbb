package dev.spindle.spark;

import dev.spindle.Classification;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Session;
import dev.spindle.image.Preprocessor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Classifies images, in batches; its buffers are kept and only grow. */
final class ClassifierLane extends Lane {

    private final Session session;
    private final Preprocessor preprocessor;
    private final List<String> labels;
    private float[] input = {};
    private float[] logits = {};
    private float[] features = {};

    ClassifierLane(Model model) {
        session = model.newSession();
        preprocessor =
                new Preprocessor(model.preprocessing(), model.network().height(), model.network().width());
        labels = model.labels();
    }

    @Override
    List<Prediction> run(List<byte[]> images, Request request) {
        long start = System.nanoTime();
        input = grown(input, images.size() * session.inputLength());
        List<String> errors = new ArrayList<>();
        int usable = 0;
        for (byte[] image : images) {
            String error = stage(image, request.source(), usable * session.inputLength());
            errors.add(error);
            usable += error == null ? 1 : 0;
        }
        long decoded = System.nanoTime();
        infer(usable, request);
        spent(decoded - start, System.nanoTime() - decoded);
        return predictions(errors, request);
    }

    /** Writes an image's input; returns why that cannot be done, or null. */
    private String stage(byte[] image, String source, int offset) {
        try {
            preprocessor.apply(decode(image, source), input, offset);
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
                predictions.add(Prediction.of(
                        request.classes() > 0
                                ? Classification.top(part(logits, at, session.logitsLength()), request.classes(), labels)
                                : null,
                        request.features() ? part(features, at, session.featuresLength()) : null));
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

    @Override
    public void close() {
        session.close();
    }
}
