package dev.spindle.plan;

/** Which blocks are fused; see {@link dev.spindle.kernel.FusedBlock}. The result is the same bits either way. */
public enum Fusion {
    /** Those that a model of memory traffic finds faster fused. */
    AUTO,
    /** All that can be, for tests and benchmarks. */
    ALWAYS,
    /** None. */
    NEVER
}
