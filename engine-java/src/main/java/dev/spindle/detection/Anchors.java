package dev.spindle.detection;

import java.util.Arrays;
import java.util.List;

/** The boxes that an SSD's predictions are relative to, in the order of the predictions. Immutable. */
public final class Anchors {

    /** Numbers of an anchor: middle y and x, height, width. */
    public static final int NUMBERS = 4;

    private final float[] values;

    private Anchors(float[] values) {
        this.values = values;
    }

    /**
     * Anchors as they stand in a file.
     *
     * @param values {@code [anchors][4]}: middle y and x, height, width, in sides of the picture; copied
     * @throws IllegalArgumentException where a number is not finite, a side not positive, or the last anchor not whole
     */
    public static Anchors of(float[] values) {
        if (values.length % NUMBERS != 0) {
            throw new IllegalArgumentException(values.length + " numbers, expected " + NUMBERS + " an anchor");
        }
        for (int i = 0; i < values.length; i++) {
            boolean side = i % NUMBERS >= 2;
            if (!Float.isFinite(values[i]) || side && values[i] <= 0) {
                throw new IllegalArgumentException("anchor " + i / NUMBERS + ": " + values[i] + ", expected a "
                        + (side ? "positive side" : "finite middle"));
            }
        }
        return new Anchors(values.clone());
    }

    /** The anchors of grids, cell by cell in rows, shapes inside. */
    public static Anchors of(List<AnchorGrid> grids) {
        int count = 0;
        for (AnchorGrid grid : grids) {
            count += grid.rows() * grid.columns() * grid.shapes().size();
        }
        float[] values = new float[count * NUMBERS];
        int at = 0;
        for (AnchorGrid grid : grids) {
            for (int cell = 0; cell < grid.rows() * grid.columns(); cell++) {
                for (AnchorShape shape : grid.shapes()) {
                    values[at++] = (float) ((cell / grid.columns() + 0.5) * grid.stepY());
                    values[at++] = (float) ((cell % grid.columns() + 0.5) * grid.stepX());
                    values[at++] = (float) shape.height();
                    values[at++] = (float) shape.width();
                }
            }
        }
        return of(values);
    }

    /** The same with every number cut off at 0 and 1, as PyTorch's programs have it. */
    public Anchors clamped() {
        float[] clamped = values.clone();
        for (int i = 0; i < clamped.length; i++) {
            clamped[i] = Math.clamp(clamped[i], 0f, 1f);
        }
        return new Anchors(clamped);
    }

    /** All numbers, {@code [anchors][4]}, a copy. */
    public float[] values() {
        return values.clone();
    }

    /** How many there are. */
    public int count() {
        return values.length / NUMBERS;
    }

    /** The middle's y. */
    public float y(int anchor) {
        return values[anchor * NUMBERS];
    }

    /** The middle's x. */
    public float x(int anchor) {
        return values[anchor * NUMBERS + 1];
    }

    /** The height. */
    public float height(int anchor) {
        return values[anchor * NUMBERS + 2];
    }

    /** The width. */
    public float width(int anchor) {
        return values[anchor * NUMBERS + 3];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Anchors anchors && Arrays.equals(values, anchors.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return count() + " anchors";
    }
}
