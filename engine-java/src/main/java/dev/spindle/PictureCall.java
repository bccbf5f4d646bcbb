package dev.spindle;

import dev.spindle.image.Image;
import dev.spindle.image.Preprocessing;
import dev.spindle.image.Preprocessor;
import dev.spindle.network.Network;
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
        return Classification.top(logits, k, labels);
    }

    @Override
    public void close() {
        session.close();
    }
}
