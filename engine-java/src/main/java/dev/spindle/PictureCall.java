package dev.spindle;

import dev.spindle.image.Image;
import dev.spindle.image.Preprocessing;
import dev.spindle.image.Preprocessor;
import dev.spindle.network.Network;
import java.util.ArrayList;
import java.util.List;

/** The buffers of one call on a picture: preprocessing, session, results. One thread at a time. */
final class PictureCall implements AutoCloseable {

    private final Session session;
    private final Preprocessor preprocessor;
    private final float[] input;
    private final float[] logits;

    PictureCall(Session session, Preprocessing preprocessing, Network network) {
        this.session = session;
        this.preprocessor = new Preprocessor(preprocessing, network.height(), network.width());
        this.input = new float[session.inputLength()];
        this.logits = new float[session.logitsLength()];
    }

    float[] embed(Image image) {
        float[] features = new float[session.featuresLength()];
        preprocessor.apply(image, input, 0);
        session.run(input, 1, null, features);
        return features;
    }

    List<Classification> classify(Image image, int k, List<String> labels) {
        preprocessor.apply(image, input, 0);
        session.run(input, 1, logits, null);
        return top(logits, k, labels);
    }

    /** The {@code k} largest after softmax, best first; of equal ones, the lower index first. */
    static List<Classification> top(float[] logits, int k, List<String> labels) {
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        boolean[] taken = new boolean[logits.length];
        List<Classification> top = new ArrayList<>();
        for (int rank = 0; rank < Math.min(k, logits.length); rank++) {
            int best = -1;
            for (int i = 0; i < logits.length; i++) {
                if (!taken[i] && (best < 0 || logits[i] > logits[best])) {
                    best = i;
                }
            }
            taken[best] = true;
            String label = labels.isEmpty() ? "class " + best : labels.get(best);
            top.add(new Classification(best, label, (float) (Math.exp(logits[best] - max) / sum)));
        }
        return top;
    }

    @Override
    public void close() {
        session.close();
    }
}
