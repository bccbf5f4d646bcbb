package dev.spindle.detection;

/**
 * How predictions say where a box lies: {@code middle = anchor's middle + prediction / scale * anchor's side} and
 * {@code side = anchor's side * exp(prediction / scale)}. Predictions are middle y and x, height, width.
 *
 * @param yScale what y is multiplied with; the inverse of PyTorch's variance
 * @param xScale what x is multiplied with
 * @param heightScale what the height is multiplied with
 * @param widthScale what the width is multiplied with
 */
public record BoxCode(float yScale, float xScale, float heightScale, float widthScale) {

    /** 10 for middles and 5 for sides, as all published SSDs have it. */
    public static final BoxCode PUBLISHED = new BoxCode(10, 10, 5, 5);

    /** Checks that all are positive. */
    public BoxCode {
        for (float scale : new float[] {yScale, xScale, heightScale, widthScale}) {
            if (!(scale > 0 && Float.isFinite(scale))) {
                throw new IllegalArgumentException("box scale " + scale + ", expected a positive number");
            }
        }
    }

    /**
     * Decodes one box.
     *
     * @param predictions {@code [anchors][4]}
     * @param anchors what they are relative to
     * @param anchor which one
     * @return the box, in sides of the picture
     */
    public Box decode(float[] predictions, Anchors anchors, int anchor) {
        int at = anchor * Anchors.NUMBERS;
        float y = middle(predictions[at], yScale, anchors.y(anchor), anchors.height(anchor));
        float x = middle(predictions[at + 1], xScale, anchors.x(anchor), anchors.width(anchor));
        float halfHeight = half(predictions[at + 2], heightScale, anchors.height(anchor));
        float halfWidth = half(predictions[at + 3], widthScale, anchors.width(anchor));
        return new Box(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight);
    }

    private static float middle(double prediction, double scale, double middle, double side) {
        return (float) (prediction / scale * side + middle);
    }

    private static float half(double prediction, double scale, double side) {
        return (float) (0.5 * Math.exp(prediction / scale) * side);
    }
}
