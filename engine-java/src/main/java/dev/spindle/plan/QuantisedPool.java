package dev.spindle.plan;

import dev.spindle.kernel.Quantisation;
import java.util.Objects;

/**
 * How a network in integers averages its last map.
 *
 * @param mean whether the average has a scale of its own, as TensorFlow Lite's MEAN; if not, it has the map's
 * @param output what the bytes of the average stand for
 */
public record QuantisedPool(boolean mean, Quantisation output) {

    /** Checks that nothing is null. */
    public QuantisedPool {
        Objects.requireNonNull(output, "output");
    }
}
