package dev.spindle.detection;

/**
 * Which of the boxes that overlap stay: the one with the highest score, and all that do not overlap it too much.
 *
 * @param scoreThreshold boxes with lower scores do not count, 0 to 1
 * @param iouThreshold overlap, as intersection over union, above which the lower score goes; above 0, at most 1
 * @param classWise whether only boxes of the same class suppress one another; if not, a box counts for its best class
 * @param classesPerBox how many classes a box that stays may have, the best first, where suppression is not class-wise
 * @param boxesPerClass most boxes of a class, where suppression is class-wise
 * @param boxes most boxes altogether
 */
public record Suppression(
        double scoreThreshold, double iouThreshold, boolean classWise, int classesPerBox, int boxesPerClass, int boxes) {

    /** Checks the ranges. */
    public Suppression {
        if (!(scoreThreshold >= 0 && scoreThreshold <= 1)) {
            throw new IllegalArgumentException("score threshold " + scoreThreshold + ", expected 0 to 1");
        }
        if (!(iouThreshold > 0 && iouThreshold <= 1)) {
            throw new IllegalArgumentException("overlap threshold " + iouThreshold + ", expected above 0 and at most 1");
        }
        if (classesPerBox < 1 || boxesPerClass < 1 || boxes < 1) {
            throw new IllegalArgumentException(classesPerBox + " classes a box, " + boxesPerClass + " boxes a class, " + boxes
                    + " boxes, expected at least 1 of each");
        }
    }

    /** Class by class, at most 100 boxes. */
    public static Suppression classWise(double scoreThreshold, double iouThreshold) {
        return new Suppression(scoreThreshold, iouThreshold, true, 1, 100, 100);
    }
}
