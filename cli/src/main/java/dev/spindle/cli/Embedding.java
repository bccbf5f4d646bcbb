package dev.spindle.cli;

import dev.spindle.Model;
import dev.spindle.Session;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/**
 * The features of many pictures.
 *
 * @param images how many could be used
 * @param seconds that it took, with decoding
 * @param failed those that could not be used
 */
record Embedding(int images, double seconds, List<FailedPictures.Failed> failed) {

    /** Receives features as they come. */
    interface Taker {

        /**
         * Takes those of one picture.
         *
         * @param index of the picture in the list
         * @param features one picture's, {@link dev.spindle.network.Network#features} values; the same array every time
         */
        void take(int index, float[] features);
    }

    /**
     * Runs pictures through a network, and shows how far it is.
     *
     * @param name what reports call the model
     * @param model the network
     * @param files the pictures; those that cannot be used are reported, and the others go on
     * @param err standard error
     * @param taker receives the features, in the order of the files
     */
    static Embedding run(String name, Model model, List<Path> files, PrintWriter err, Taker taker) {
        try (Session session = model.newSession();
                PictureQueue pictures = new PictureQueue(name, model, files);
                Progress progress = new Progress(err)) {
            FailedPictures failed = new FailedPictures(err, progress::clear);
            float[] features = new float[session.featuresLength()];
            for (int index = 0; index < files.size(); index++) {
                PictureQueue.Prepared picture = pictures.next();
                if (picture.failure() != null) {
                    failed.add(picture.file(), picture.failure());
                } else {
                    session.run(picture.input(), 1, null, features);
                    taker.take(index, features);
                }
                progress.show(pictures.state());
            }
            return new Embedding(files.size() - failed.all().size(), pictures.seconds(), failed.all());
        }
    }

    /** All pictures, those that failed, too, by time. */
    double imagesPerSecond() {
        return (images + failed.size()) / seconds;
    }
}
