package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.image.Image;
import dev.spindle.image.ImageDecoder;
import dev.spindle.image.Preprocessor;
import dev.spindle.network.DeepLab;
import dev.spindle.network.Network;
import dev.spindle.quantise.CalibrationInputs;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Pictures as a network sees them: decoded once, kept as bytes, and scaled whenever they are asked for. */
final class CalibrationPictures implements CalibrationInputs {

    private final List<Image> pictures = new ArrayList<>();
    private final FailedPictures failed;
    private final Preprocessor scaler;
    private final float[] input;

    private CalibrationPictures(Preprocessor scaler, FailedPictures failed) {
        this.failed = failed;
        this.scaler = scaler;
        this.input = new float[scaler.length()];
    }

    /**
     * Reads pictures; those that cannot be used are reported, and the others go on.
     *
     * @param folder where they are, for messages
     * @param files the pictures
     * @param checkpoint the network that they are for
     * @param err receives reports
     * @param work is told of each
     * @throws InvalidInputException where none can be used
     */
    static CalibrationPictures read(Path folder, List<Path> files, Checkpoint checkpoint, PrintWriter err, Work work) {
        Network network = checkpoint.network();
        Preprocessor.Fit fit = network.top() instanceof DeepLab ? Preprocessor.Fit.PAD : Preprocessor.Fit.CROP;
        Preprocessor fitter = new Preprocessor(checkpoint.preprocessing(), fit, network.height(), network.width());
        CalibrationPictures all = new CalibrationPictures(
                new Preprocessor(checkpoint.preprocessing().withResizeRatio(1), network.height(), network.width()),
                new FailedPictures(err, work::clear));
        Heap.require(folder + ": " + Text.count(files.size(), "picture"), (long) files.size() * fitter.length());
        for (Path file : files) {
            try {
                all.pictures.add(fitter.fit(ImageDecoder.decode(file)));
            } catch (InvalidInputException | UncheckedIOException e) {
                all.failed.add(file, e);
            }
            work.done();
        }
        if (all.pictures.isEmpty()) {
            throw new InvalidInputException(folder + ": expected pictures that can be read, found none");
        }
        return all;
    }

    @Override
    public int count() {
        return pictures.size();
    }

    @Override
    public float[] input(int index) {
        scaler.apply(pictures.get(index), input, 0);
        return input;
    }

    List<FailedPictures.Failed> failed() {
        return failed.all();
    }
}
