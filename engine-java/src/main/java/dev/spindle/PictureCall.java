package dev.spindle;

import dev.spindle.detection.PostProcessing;
import dev.spindle.image.Image;
import dev.spindle.image.Preprocessing;
import dev.spindle.image.Preprocessor;
import dev.spindle.network.Classifier;
import dev.spindle.network.DeepLab;
import dev.spindle.network.Network;
import dev.spindle.network.SsdLite;
import java.util.List;

/** The buffers of one call on a picture: preprocessing, session, results. One thread at a time. */
final class PictureCall implements AutoCloseable {

    private final Session session;
    private final Network network;
    private final Preprocessor preprocessor;
    private final float[] input;
    /** Of a classifier; of others empty. */
    private final float[] logits;
    /** Of a segmentation network; of others empty. */
    private final byte[] mask;

    PictureCall(Session session, Preprocessing preprocessing, Network network) {
        boolean segments = network.top() instanceof DeepLab;
        this.session = session;
        this.network = network;
        this.preprocessor = new Preprocessor(preprocessing, fit(network), network.height(), network.width());
        this.input = new float[session.inputLength()];
        this.logits = new float[network.top() instanceof Classifier ? session.logitsLength() : 0];
        this.mask = new byte[segments ? network.height() * network.width() : 0];
    }

    private static Preprocessor.Fit fit(Network network) {
        return switch (network.top()) {
            case Classifier _ -> Preprocessor.Fit.CROP;
            case DeepLab _ -> Preprocessor.Fit.PAD;
            case SsdLite _ -> Preprocessor.Fit.STRETCH;
        };
    }

    float[] embed(Image image) {
        float[] features = new float[session.featuresLength()];
        preprocessor.apply(image, input, 0);
        session.run(input, 1, null, features);
        return features;
    }

    List<PostProcessing.Found> detect(Image image, SsdLite ssd, float threshold) {
        float[] boxes = new float[ssd.boxesLength()];
        float[] classes = new float[ssd.classesLength()];
        preprocessor.apply(image, input, 0);
        session.predict(input, boxes, classes);
        return ssd.postProcessing().find(boxes, classes, threshold);
    }

    List<Classification> classify(Image image, int k, List<String> labels) {
        preprocessor.apply(image, input, 0);
        session.run(input, 1, logits, null);
        return Classification.top(logits, k, labels);
    }

    Segmentation segment(Image image, List<String> labels) {
        preprocessor.apply(image, input, 0);
        session.segment(input, mask);
        Preprocessor.Size taken = preprocessor.size(image);
        byte[] classes = new byte[Math.multiplyExact(image.width(), image.height())];
        int[] columns = new int[image.width()];
        for (int x = 0; x < columns.length; x++) {
            columns[x] = nearest(x, image.width(), taken.width());
        }
        for (int y = 0; y < image.height(); y++) {
            int row = nearest(y, image.height(), taken.height()) * network.width();
            for (int x = 0; x < columns.length; x++) {
                classes[y * image.width() + x] = mask[row + columns[x]];
            }
        }
        return new Segmentation(image.width(), image.height(), classes, labels);
    }

    /** The position among {@code small} whose middle is nearest to that of one among {@code large}. */
    private static int nearest(int position, int large, int small) {
        return (int) ((2L * position + 1) * small / (2L * large));
    }

    @Override
    public void close() {
        session.close();
    }
}
