package dev.spindle.detection;

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
public record AnchorGrid(int rows, int columns, double stepY, double stepX, List<AnchorShape> shapes) {

    /** Copies the list. */
    public AnchorGrid {
        shapes = List.copyOf(shapes);
    }

    /** Cells that fill the picture. */
    public static AnchorGrid filling(int rows, int columns, List<AnchorShape> shapes) {
        return new AnchorGrid(rows, columns, 1.0 / rows, 1.0 / columns, shapes);
    }
}
