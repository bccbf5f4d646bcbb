package dev.spindle.spark;

import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Segmentation;
import dev.spindle.Segmenter;
import dev.spindle.image.Image;
import java.util.ArrayList;
import java.util.List;

/** Segments images one by one; masks have sizes of their own. Resizing counts as time in the network. */
final class MaskLane extends Lane {

    private final Segmenter segmenter;

    MaskLane(Model model) {
        segmenter = new Segmenter(model);
    }

    @Override
    List<Prediction> run(List<byte[]> images, Request request) {
        List<Prediction> predictions = new ArrayList<>();
        for (byte[] image : images) {
            predictions.add(run(image, request));
        }
        return predictions;
    }

    private Prediction run(byte[] image, Request request) {
        long start = System.nanoTime();
        Image decoded;
        try {
            decoded = decode(image, request.source());
        } catch (InvalidInputException e) {
            spent(System.nanoTime() - start, 0);
            return Prediction.failed(e.getMessage());
        }
        long middle = System.nanoTime();
        Segmentation mask = request.mask() ? segmenter.segment(decoded) : null;
        spent(middle - start, System.nanoTime() - middle);
        return Prediction.of(mask);
    }

    /** The model keeps its buffers for whoever segments next. */
    @Override
    public void close() {}
}
