package dev.spindle.cli;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.spindle.Checkpoint;
import dev.spindle.Detection;
import dev.spindle.Detector;
import dev.spindle.Model;
import dev.spindle.image.Image;
import dev.spindle.image.ImageDecoder;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code detect}: a picture in, boxes around things out, and the picture with them drawn. */
@Command(
        name = "detect",
        description = "Find things on a picture, with an SSDLite model.",
        sortOptions = false,
        sortSynopsis = false)
final class DetectCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private ModelOptions model;

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description = "The classes' names, one a line, with or without the background's first; by default those of the"
                    + " model.")
    private Path labels;

    @Option(
            names = "--threshold",
            paramLabel = "T",
            defaultValue = "0.5",
            description = "The least score to report, 0 to 1, by default ${DEFAULT-VALUE}.")
    private float threshold;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT.png",
            description = "Draw the boxes on the picture, and write it here.")
    private Path target;

    @Mixin
    private Output output;

    @Parameters(paramLabel = "IMAGE", description = "A picture: JPEG, PNG, BMP, GIF or WebP.")
    private Path image;

    /** The JSON. Boxes are in pixels of the picture. */
    private record Result(
            @JsonUnwrapped Ran ran,
            String file,
            int width,
            int height,
            List<Detection> detections)
            implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder(file).append('\n');
            for (Detection found : detections) {
                text.append(Text.format(
                        "%7.2f %%  %s, from %.0f,%.0f to %.0f,%.0f%n",
                        100 * found.score(), found.label(), found.box().left(), found.box().top(), found.box().right(),
                        found.box().bottom()));
            }
            if (detections.isEmpty()) {
                text.append("  nothing\n");
            }
            return text.toString();
        }
    }

    @Override
    public Integer call() {
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new ParameterException(command.commandLine(), "--threshold: expected 0 to 1, found " + threshold);
        }
        Checkpoint checkpoint = model.read(NetworkKind.DETECTOR);
        if (labels != null) {
            checkpoint = checkpoint.withLabels(Labels.withoutBackground(labels, checkpoint.network().classes()));
        }
        Image picture = ImageDecoder.decode(image);
        try (Model loaded = model.load(checkpoint)) {
            List<Detection> found = new Detector(loaded).detect(picture, threshold);
            if (target != null) {
                try (Canvas canvas = new Canvas(picture)) {
                    BoxDrawing.draw(canvas, found);
                    canvas.write(target, output.err());
                }
            }
            output.print(new Result(
                    Ran.of(model, loaded), image.toString(), picture.width(), picture.height(), found));
        }
        return ExitCode.SUCCESS;
    }
}
