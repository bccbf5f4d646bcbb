package dev.spindle;

import dev.spindle.detection.PostProcessing;
import dev.spindle.image.Image;
import dev.spindle.network.SsdLite;
import java.util.List;

/**
 * Finds things of known classes on pictures, with an SSDLite network. Safe for any number of threads, each call on
 * {@link Options#threads} of them.
 */
public final class Detector {

    private final Model model;
    private final SsdLite ssd;

    /**
     * A detector that runs a model, which stays its owner's to close.
     *
     * @param model of an SSDLite network
     * @throws InvalidInputException where the model is another
     */
    public Detector(Model model) {
        this.model = model;
        if (!(model.network().top() instanceof SsdLite found)) {
            throw new InvalidInputException("expected a detector, found " + model.network().architecture());
        }
        this.ssd = found;
    }

    /**
     * Finds things. The whole picture is resized to the network's input, whatever its aspect.
     *
     * @param image the picture, decoded
     * @param threshold the least score; one that is below the model's own threshold counts as that
     * @return what was found, the highest score first; boxes end at the picture's edges
     * @throws IllegalArgumentException where the threshold is not 0 to 1
     * @throws IllegalStateException where the model is closed
     */
    public List<Detection> detect(Image image, float threshold) {
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new IllegalArgumentException("threshold " + threshold + ", expected 0 to 1");
        }
        return model.withCall(call -> call.detect(image, ssd, threshold)).stream()
                .map(found -> detection(found, image))
                .toList();
    }

    private Detection detection(PostProcessing.Found found, Image image) {
        List<String> labels = model.labels();
        String label = labels.isEmpty() ? "class " + found.index() : labels.get(found.index());
        return new Detection(found.index(), label, found.score(), found.box().within(image.width(), image.height()));
    }
}
