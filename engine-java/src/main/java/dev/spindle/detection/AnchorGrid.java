package dev.spindle.detection;

import java.util.ArrayList;
import java.util.List;

/**
 * The anchors of one map: the same shapes around the middle of every cell. Lengths are in sides of the picture.
 *
 * @param rows of the map
 * @param columns of the map
 * @param stepY between the middles of rows; the first lies half a step below the upper edge
 * @param stepX between the middles of columns
 * @param shapes of a cell, in the order of its predictions
 */
public record AnchorGrid(int rows, int columns, double stepY, double stepX, List<Shape> shapes) {

    /** Copies the list. */
    public AnchorGrid {
        shapes = List.copyOf(shapes);
    }

    /** A height and a width. */
    public record Shape(double height, double width) {

        /**
         * A shape of a square's area.
         *
         * @param side of the square
         * @param aspect width by height
         */
        static Shape of(double side, double aspect) {
            return new Shape(side / Math.sqrt(aspect), side * Math.sqrt(aspect));
        }
    }

    /** The sides of a map. */
    public record MapSize(int rows, int columns) {}

    private static final double SMALLEST = 0.2;
    private static final double LARGEST = 0.95;

    /** One third as the published configurations round it. */
    private static final double[] TENSORFLOW_ASPECTS = {1, 2, 0.5, 3, 0.3333};
    private static final double LOWEST_SQUARE = 0.1;

    /** What 300 pixels of input are to a cell of each map, as the published program has it, where maps are a little larger. */
    private static final double[] TORCH_STEPS = {16, 32, 64, 100, 150, 300};
    private static final double TORCH_SIDE = 300;
    private static final double[] TORCH_ASPECTS = {2, 3};

    /**
     * The anchors of TensorFlow's Object Detection API, {@code ssd_anchor_generator} with the values of the published
     * configurations: scales from 0.2 to 0.95, three shapes in the lowest map and six in the others, the last of which is a
     * square between this scale and the next. Anchors keep their shape in a picture that is not square.
     *
     * @param maps at least two, the finest first
     * @param height of the input in pixels
     * @param width of the input in pixels
     */
    public static List<AnchorGrid> tensorFlow(List<MapSize> maps, int height, int width) {
        double shortSide = Math.min(height, width);
        List<AnchorGrid> grids = new ArrayList<>();
        for (int i = 0; i < maps.size(); i++) {
            double scale = scale(i, maps.size());
            List<Shape> shapes = new ArrayList<>();
            if (i == 0) {
                shapes.add(Shape.of(LOWEST_SQUARE, 1));
                shapes.add(Shape.of(scale, 2));
                shapes.add(Shape.of(scale, 0.5));
            } else {
                double next = i + 1 < maps.size() ? scale(i + 1, maps.size()) : 1;
                for (double aspect : TENSORFLOW_ASPECTS) {
                    shapes.add(Shape.of(scale, aspect));
                }
                shapes.add(Shape.of(Math.sqrt(scale * next), 1));
            }
            List<Shape> inSides = shapes.stream()
                    .map(shape -> new Shape(shape.height * shortSide / height, shape.width * shortSide / width))
                    .toList();
            MapSize map = maps.get(i);
            grids.add(new AnchorGrid(map.rows, map.columns, 1.0 / map.rows, 1.0 / map.columns, inSides));
        }
        return grids;
    }

    /**
     * The anchors of the published SSDLite of PyTorch (qfgaohao/pytorch-ssd, {@code mobilenetv1_ssd_config}), for an input
     * of 300x300 pixels and its six maps: scales from 0.2 to 0.95, six shapes in every map.
     *
     * @param maps six, the finest first
     */
    public static List<AnchorGrid> torch(List<MapSize> maps) {
        if (maps.size() != TORCH_STEPS.length) {
            throw new IllegalArgumentException(maps.size() + " maps, expected " + TORCH_STEPS.length);
        }
        List<AnchorGrid> grids = new ArrayList<>();
        for (int i = 0; i < maps.size(); i++) {
            double scale = scale(i, maps.size());
            List<Shape> shapes = new ArrayList<>();
            shapes.add(Shape.of(scale, 1));
            shapes.add(Shape.of(Math.sqrt(scale * scale(i + 1, maps.size())), 1));
            for (double aspect : TORCH_ASPECTS) {
                shapes.add(Shape.of(scale, aspect));
                shapes.add(Shape.of(scale, 1 / aspect));
            }
            double step = TORCH_STEPS[i] / TORCH_SIDE;
            grids.add(new AnchorGrid(maps.get(i).rows, maps.get(i).columns, step, step, shapes));
        }
        return grids;
    }

    private static double scale(int map, int maps) {
        return SMALLEST + (LARGEST - SMALLEST) * map / (maps - 1);
    }
}
