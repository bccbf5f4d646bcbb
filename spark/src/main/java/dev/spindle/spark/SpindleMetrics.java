package dev.spindle.spark;

/**
 * What a transformer, its copies and its SQL functions have done so far, on all executors. Spark adds up what tasks report
 * when they end; a task that Spark runs twice counts twice. Spark's own pages show the same numbers, by task and by stage.
 *
 * @param images how many were looked at
 * @param failures how many of them could not be used
 * @param models how often the model was loaded: once an executor, as long as none is replaced
 * @param decodeNanos time spent on decoding and resizing, in nanoseconds, summed over threads
 * @param inferNanos time spent in the network, in nanoseconds, summed over threads
 */
public record SpindleMetrics(long images, long failures, long models, long decodeNanos, long inferNanos) {}
