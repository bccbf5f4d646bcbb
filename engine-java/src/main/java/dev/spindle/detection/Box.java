package dev.spindle.detection;

/**
 * A rectangle with sides along the axes, which grow to the right and downwards. Its unit is the context's.
 *
 * @param left smallest x
 * @param top smallest y
 * @param right largest x
 * @param bottom largest y
 */
public record Box(float left, float top, float right, float bottom) {

    /** Width times height. */
    public float area() {
        return (right - left) * (bottom - top);
    }

    /**
     * The Jaccard overlap: the area that both boxes cover by the area that either covers.
     *
     * @param other in the same unit
     * @return 0 to 1; 0 where a box is empty
     */
    public float intersectionOverUnion(Box other) {
        float own = area();
        float others = other.area();
        if (own <= 0 || others <= 0) {
            return 0;
        }
        float width = Math.max(0, Math.min(right, other.right) - Math.max(left, other.left));
        float height = Math.max(0, Math.min(bottom, other.bottom) - Math.max(top, other.top));
        return width * height / (own + others - width * height);
    }

    /**
     * The box in another unit, cut off where it leaves a picture.
     *
     * @param width of the picture, in units of the result
     * @param height of the picture, in units of the result
     * @return this box, whose unit is the picture's sides, in that unit
     */
    public Box within(int width, int height) {
        return new Box(
                Math.clamp(left * width, 0f, width),
                Math.clamp(top * height, 0f, height),
                Math.clamp(right * width, 0f, width),
                Math.clamp(bottom * height, 0f, height));
    }
}
