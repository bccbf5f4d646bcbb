package dev.spindle.detection;

import java.util.ArrayList;
import java.util.List;

/** A height and a width, in sides of the picture. */
public record AnchorShape(double height, double width) {

    private static final double SMALLEST = 0.2;
    private static final double LARGEST = 0.95;

    /** One third as the published configurations round it. */
    private static final double[] TENSORFLOW_ASPECTS = {1, 2, 0.5, 3, 0.3333};
    private static final double LOWEST_SQUARE = 0.1;

    private static final double[] TORCH_ASPECTS = {2, 3};

    /**
     * The anchors of TensorFlow's Object Detection API, {@code ssd_anchor_generator} with the values of the published
     * configurations: scales from 0.2 to 0.95, three shapes in the finest map and six in the others, the last of which is a
     * square between this scale and the next. Anchors keep their shape in a picture that is not square.
     *
     * @param maps how many there are, at least two
     * @param height of the input in pixels
     * @param width of the input in pixels
     * @return the shapes of a cell of each map, the finest first
     */
    public static List<List<AnchorShape>> tensorFlow(int maps, int height, int width) {
        double shortSide = Math.min(height, width);
        List<List<AnchorShape>> all = new ArrayList<>();
        for (int map = 0; map < maps; map++) {
            double scale = scale(map, maps);
            List<AnchorShape> shapes = new ArrayList<>();
            if (map == 0) {
                shapes.add(of(LOWEST_SQUARE, 1));
                shapes.add(of(scale, 2));
                shapes.add(of(scale, 0.5));
            } else {
                for (double aspect : TENSORFLOW_ASPECTS) {
                    shapes.add(of(scale, aspect));
                }
                double next = map + 1 < maps ? scale(map + 1, maps) : 1;
                shapes.add(of(Math.sqrt(scale * next), 1));
            }
            all.add(shapes.stream()
                    .map(shape -> new AnchorShape(shape.height * shortSide / height, shape.width * shortSide / width))
                    .toList());
        }
        return all;
    }

    /**
     * The anchors of the published SSDLite of PyTorch (qfgaohao/pytorch-ssd, {@code mobilenetv1_ssd_config}): scales from 0.2
     * to 0.95, six shapes in every map, the second of which is a square between this scale and the next.
     *
     * @param maps how many there are, at least two
     * @return the shapes of a cell of each map, the finest first
     */
    public static List<List<AnchorShape>> torch(int maps) {
        List<List<AnchorShape>> all = new ArrayList<>();
        for (int map = 0; map < maps; map++) {
            double scale = scale(map, maps);
            List<AnchorShape> shapes = new ArrayList<>();
            shapes.add(of(scale, 1));
            shapes.add(of(Math.sqrt(scale * scale(map + 1, maps)), 1));
            for (double aspect : TORCH_ASPECTS) {
                shapes.add(of(scale, aspect));
                shapes.add(of(scale, 1 / aspect));
            }
            all.add(shapes);
        }
        return all;
    }

    private static double scale(int map, int maps) {
        return SMALLEST + (LARGEST - SMALLEST) * map / (maps - 1);
    }

    /**
     * A shape of a square's area.
     *
     * @param aspect width by height
     */
    private static AnchorShape of(double side, double aspect) {
        return new AnchorShape(side / Math.sqrt(aspect), side * Math.sqrt(aspect));
    }
}
