package dev.spindle.cli;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Segmentation;
import dev.spindle.Segmenter;
import dev.spindle.image.Image;
import dev.spindle.image.ImageDecoder;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code segment}: a picture in, the class of each of its pixels out. */
@Command(
        name = "segment",
        description = "Tell for each pixel of a picture what it shows.",
        sortOptions = false,
        sortSynopsis = false)
final class SegmentCommand implements Callable<Integer> {

    @Mixin
    private ModelOptions model;

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description = "The classes' names, one a line; by default those of the model.")
    private Path labels;

    @Option(
            names = "--output-stride",
            paramLabel = "S",
            description = "Run the backbone at this output stride: 8, 16 or 32; by default the model's.")
    private Integer outputStride;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "MASK.png",
            description = "Write the classes, with the palette of PASCAL VOC, at the picture's own size.")
    private Path maskFile;

    @Option(names = "--overlay", paramLabel = "OUT.png", description = "Write the picture with the classes in colours over it.")
    private Path overlayFile;

    @Mixin
    private Output output;

    @Parameters(paramLabel = "IMAGE", description = "A picture: JPEG, PNG, BMP, GIF or WebP.")
    private Path image;

    /** The JSON: what there is, the largest area first. */
    private record Result(
            @JsonUnwrapped Ran ran,
            String file,
            int width,
            int height,
            List<Area> classes)
            implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder(file).append('\n');
            for (Area area : classes) {
                text.append(Text.format("%7.2f %%  %s%n", 100 * area.share(), area.label()));
            }
            return text.toString();
        }
    }

    /** One class of the picture. */
    private record Area(int index, String label, int pixels, double share) {}

    @Override
    public Integer call() {
        Checkpoint checkpoint = model.read(NetworkKind.SEGMENTER);
        if (labels != null) {
            checkpoint = checkpoint.withLabels(Labels.read(labels, checkpoint.network().classes()));
        }
        if (outputStride != null) {
            checkpoint = withOutputStride(checkpoint);
        }
        try (Model loaded = model.load(checkpoint)) {
            Image photo = ImageDecoder.decode(image);
            Segmentation found = new Segmenter(loaded).segment(photo);
            if (maskFile != null) {
                PngFile.write(MaskPictures.mask(found), maskFile);
            }
            if (overlayFile != null) {
                try (Canvas canvas = new Canvas(photo)) {
                    MaskPictures.overlay(canvas, found);
                    canvas.write(overlayFile, output.err());
                }
            }
            output.print(result(loaded, found));
        }
        return ExitCode.SUCCESS;
    }

    private Checkpoint withOutputStride(Checkpoint checkpoint) {
        try {
            return checkpoint.withOutputStride(outputStride);
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException("--output-stride: " + e.getMessage(), e);
        }
    }

    private Result result(Model loaded, Segmentation found) {
        double pixels = (double) found.width() * found.height();
        return new Result(
                Ran.of(model, loaded),
                image.toString(),
                found.width(),
                found.height(),
                found.areas().stream()
                        .map(area -> new Area(area.index(), area.label(), area.pixels(), area.pixels() / pixels))
                        .toList());
    }
}
