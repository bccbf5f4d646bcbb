package dev.spindle;

import dev.spindle.image.Image;
import dev.spindle.image.Preprocessor;
import dev.spindle.network.DeepLab;
import java.util.Objects;

/**
 * Tells for each pixel of pictures what it shows. Safe for any number of threads, each call on {@link Options#threads} of them.
 *
 * <p>A picture is resized so that it fits the network's input, and filled up with the mean colour, as DeepLab does it; see
 * {@link Preprocessor.Fit#PAD}. The mask has the picture's own size: each of its pixels has the class of the network's pixel
 * at the same place. A picture of the network's size is not resampled, nor is its mask.
 */
public final class Segmenter {

    private final Model model;

    /**
     * A segmenter that runs a model, which stays its owner's to close.
     *
     * @param model of a segmentation network
     * @throws InvalidInputException where the model is another
     */
    public Segmenter(Model model) {
        this.model = Objects.requireNonNull(model, "model");
        if (!(model.network().top() instanceof DeepLab)) {
            throw new InvalidInputException("expected a segmentation network, found " + model.network().architecture()
                    + ": 'classify' and Model.classify run it");
        }
    }

    /**
     * Segments a picture.
     *
     * @param image the picture, decoded
     * @return the class of each of its pixels
     * @throws IllegalStateException where the model is closed
     */
    public Segmentation segment(Image image) {
        return model.withCall(call -> call.segment(image, model.labels()));
    }
}
