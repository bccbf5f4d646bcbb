package dev.spindle.detection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnchorsTest {

    private static final int[] SIDES = {19, 10, 5, 3, 2, 1};

    /** What a cell of each map is to an input of 300 pixels. */
    private static final double[] STEPS = {16, 32, 64, 100, 150, 300};

    private static void assertAnchor(Anchors anchors, int anchor, double y, double x, double height, double width) {
        assertEquals(y, anchors.y(anchor), 1e-6, "y of " + anchor);
        assertEquals(x, anchors.x(anchor), 1e-6, "x of " + anchor);
        assertEquals(height, anchors.height(anchor), 1e-6, "height of " + anchor);
        assertEquals(width, anchors.width(anchor), 1e-6, "width of " + anchor);
    }

    @Test
    void tensorFlowsAnchors() {
        List<List<AnchorShape>> shapes = AnchorShape.tensorFlow(6, 300, 300);
        List<AnchorGrid> grids = new ArrayList<>();
        for (int i = 0; i < SIDES.length; i++) {
            grids.add(AnchorGrid.filling(SIDES[i], SIDES[i], shapes.get(i)));
        }
        Anchors anchors = Anchors.of(grids);
        assertEquals(19 * 19 * 3 + (10 * 10 + 5 * 5 + 3 * 3 + 2 * 2 + 1) * 6, anchors.count());
        assertAnchor(anchors, 0, 0.02631579, 0.02631579, 0.1, 0.1);
        assertAnchor(anchors, 1, 0.02631579, 0.02631579, 0.14142136, 0.28284271);
        assertAnchor(anchors, 2, 0.02631579, 0.02631579, 0.28284271, 0.14142136);
        assertAnchor(anchors, 3, 0.02631579, 0.07894737, 0.1, 0.1);
        assertAnchor(anchors, 19 * 3, 0.07894737, 0.02631579, 0.1, 0.1);
        int second = 19 * 19 * 3;
        assertAnchor(anchors, second, 0.05, 0.05, 0.35, 0.35);
        assertAnchor(anchors, second + 1, 0.05, 0.05, 0.24748737, 0.49497475);
        assertAnchor(anchors, second + 2, 0.05, 0.05, 0.49497475, 0.24748737);
        assertAnchor(anchors, second + 3, 0.05, 0.05, 0.20207259, 0.60621778);
        assertAnchor(anchors, second + 4, 0.05, 0.05, 0.60624809, 0.20206249);
        assertAnchor(anchors, second + 5, 0.05, 0.05, 0.41833001, 0.41833001);
        assertAnchor(anchors, 1916, 0.5, 0.5, 0.97467943, 0.97467943);
    }

    @Test
    void anchorsKeepTheirShapeInAWidePicture() {
        List<List<AnchorShape>> shapes = AnchorShape.tensorFlow(2, 300, 600);
        Anchors anchors = Anchors.of(List.of(
                AnchorGrid.filling(2, 4, shapes.getFirst()), AnchorGrid.filling(1, 2, shapes.getLast())));
        assertEquals(2 * 4 * 3 + 2 * 6, anchors.count());
        assertAnchor(anchors, 0, 0.25, 0.125, 0.1, 0.05);
        assertAnchor(anchors, 24, 0.5, 0.25, 0.95, 0.475);
    }

    @Test
    void torchsAnchors() {
        List<List<AnchorShape>> shapes = AnchorShape.torch(6);
        List<AnchorGrid> grids = new ArrayList<>();
        for (int i = 0; i < SIDES.length; i++) {
            grids.add(new AnchorGrid(SIDES[i], SIDES[i], STEPS[i] / 300, STEPS[i] / 300, shapes.get(i)));
        }
        Anchors anchors = Anchors.of(grids);
        assertEquals((19 * 19 + 10 * 10 + 5 * 5 + 3 * 3 + 2 * 2 + 1) * 6, anchors.count());
        assertAnchor(anchors, 0, 0.02666667, 0.02666667, 0.2, 0.2);
        assertAnchor(anchors, 1, 0.02666667, 0.02666667, 0.26457513, 0.26457513);
        assertAnchor(anchors, 2, 0.02666667, 0.02666667, 0.14142136, 0.28284271);
        assertAnchor(anchors, 3, 0.02666667, 0.02666667, 0.28284271, 0.14142136);
        assertAnchor(anchors, 4, 0.02666667, 0.02666667, 0.11547005, 0.34641016);
        assertAnchor(anchors, 5, 0.02666667, 0.02666667, 0.34641016, 0.11547005);
        assertAnchor(anchors, 6, 0.02666667, 0.08, 0.2, 0.2);
        int last = 2994;
        assertAnchor(anchors, last + 1, 0.5, 0.5, 1.02225242, 1.02225242);
        assertAnchor(anchors, last + 4, 0.5, 0.5, 0.54848276, 1.64544827);
        assertAnchor(anchors.clamped(), last + 4, 0.5, 0.5, 0.54848276, 1);
    }

    @Test
    void anchorsThatAreNoneAreRefused() {
        assertRefused("5 numbers", 0.5f, 0.5f, 1, 1, 0.5f);
        assertRefused("anchor 1: 0.0, expected a positive side", 0.5f, 0.5f, 1, 1, 0.5f, 0.5f, 1, 0);
        assertRefused("anchor 0: NaN, expected a finite middle", 0.5f, Float.NaN, 1, 1);
        assertRefused("anchor 0: Infinity", 0.5f, 0.5f, Float.POSITIVE_INFINITY, 1);
    }

    private static void assertRefused(String expected, float... values) {
        String message = assertThrows(IllegalArgumentException.class, () -> Anchors.of(values)).getMessage();
        assertTrue(message.contains(expected), message);
    }
}
