package dev.spindle.examples;

import dev.spindle.Checkpoint;
import dev.spindle.Classification;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.image.Image;
import dev.spindle.image.ImageDecoder;
import dev.spindle.weights.DefaultModel;
import java.nio.file.Path;

/** Names what is on a picture: {@code ClassifyPhoto PICTURE [MODEL]}; the embedded model serves where none is given. */
public final class ClassifyPhoto {

    private ClassifyPhoto() {}

    /**
     * Prints the five most probable classes.
     *
     * @param args a picture's file, and a model's
     */
    public static void main(String[] args) {
        try {
            Image picture = ImageDecoder.decode(Path.of(args[0]));
            Checkpoint checkpoint = args.length > 1 ? Model.read(Path.of(args[1])) : DefaultModel.load();
            try (Model model = Model.of(checkpoint, Options.DEFAULT)) {
                for (Classification found : model.classify(picture, 5)) {
                    System.out.printf("%5.1f %% %s%n", 100 * found.probability(), found.label());
                }
            }
        } catch (InvalidInputException e) {
            // A file that is no picture, or no model; the message says which, and why.
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }
}
