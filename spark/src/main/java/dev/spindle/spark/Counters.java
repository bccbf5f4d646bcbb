package dev.spindle.spark;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;

/** The accumulators behind {@link SpindleMetrics}. */
final class Counters implements Serializable {

    private static final long serialVersionUID = 1L;

    private final LongAccumulator images;
    private final LongAccumulator failures;
    private final LongAccumulator models;
    private final LongAccumulator decodeNanos;
    private final LongAccumulator inferNanos;

    Counters(SparkContext context) {
        images = context.longAccumulator("spindle: images");
        failures = context.longAccumulator("spindle: images that failed");
        models = context.longAccumulator("spindle: models loaded");
        decodeNanos = context.longAccumulator("spindle: decoding, ns");
        inferNanos = context.longAccumulator("spindle: network, ns");
    }

    void add(long newImages, long newFailures, long newDecodeNanos, long newInferNanos) {
        images.add(newImages);
        failures.add(newFailures);
        decodeNanos.add(newDecodeNanos);
        inferNanos.add(newInferNanos);
    }

    void addModel() {
        models.add(1);
    }

    SpindleMetrics sums() {
        return new SpindleMetrics(images.sum(), failures.sum(), models.sum(), decodeNanos.sum(), inferNanos.sum());
    }
}
