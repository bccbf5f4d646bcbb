package dev.spindle.kernel;

/**
 * A {@link QuantisedSum} as C kernels compute it, by a table or, where that is proved to give the same, as
 * {@code floor(scale * a + (scaleRest * b + offset))} with {@code a = base + own * ownFactor + residual * residualFactor} and
 * {@code b = own * ownRest + residual * residualRest}, both multiply-adds rounded down. Sums below zero, which are rounded the
 * other way, are those with {@code a < half}: there offsetBelow stands for offset.
 *
 * @param table offset of {@code [256][256]} bytes by own and residual byte, or -1
 * @param ownFactor 16 bits, as are the next three
 * @param residualFactor for the other map
 * @param ownRest what the factor lacks
 * @param residualRest for the other map
 * @param base what the products are added to
 * @param scale of a
 * @param scaleRest of b
 * @param offset what is left of the base
 * @param half a where the sum is zero
 * @param offsetBelow offset of sums below zero
 */
public record ByteSum(
        int table,
        int ownFactor,
        int residualFactor,
        int ownRest,
        int residualRest,
        int base,
        float scale,
        float scaleRest,
        float offset,
        int half,
        float offsetBelow) {

    /** A sum by its table. */
    public static ByteSum of(int table) {
        return new ByteSum(table, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }
}
