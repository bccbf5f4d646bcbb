package dev.spindle.cli;

import dev.spindle.Classification;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Session;
import dev.spindle.image.Image;
import dev.spindle.image.ImageDecoder;
import java.nio.file.Path;

class Example {

    public static void main(String[] args) {
        Image photo = ImageDecoder.decode(Path.of(args[1]));
        try (Model model = Model.load(Path.of(args[0]))) {
            // A model serves any number of threads.
            for (Classification found : model.classify(photo, 5)) {
                System.out.printf("%5.1f %% %s%n", 100 * found.probability(), found.label());
            }
            float[] features = model.embed(photo);
            System.out.println(features.length + " features");

            // A session serves one thread at a time: tensors in, tensors out, nothing allocated in between.
            try (Session session = model.newSession().threads(2)) {
                int images = 8;
                float[] input = new float[images * session.inputLength()]; // [images][height][width][3]
                float[] logits = new float[images * session.logitsLength()]; // [images][classes]
                session.run(input, images, logits, null);
                System.out.println(images + " x " + session.logitsLength() + " logits");
            }
        }
        // Maps of layers, for detectors and their like: none behind the last one runs.
        Options options = Options.DEFAULT.withMaps("block_13_expand", "stride32");
        try (Model model = Model.load(Path.of(args[0]), options);
                Session session = model.newSession()) {
            float[] first = new float[session.maps().get(0).length()]; // [height][width][channels]
            float[] second = new float[session.maps().get(1).length()];
            session.features(new float[session.inputLength()], 1, first, second);
            System.out.println(first.length + " and " + second.length + " values");
        }
    }
}
