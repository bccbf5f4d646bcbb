package dev.spindle;

/**
 * What a model does about the seconds that the JVM needs to compile a backend of its own vectors, during which it is many
 * times slower than plain loops. C kernels are at their speed at once and have nothing to warm up.
 */
public enum Warmup {
    /** Nothing: the backend runs from the first call on, and calls are slow until they have brought about its compilation. */
    NONE,
    /**
     * Where the choice of the backend is left to the registry, calls run on one that is quick at once, until the chosen one
     * has been compiled on a thread of its own; the model then goes over to it between two calls, whose results differ by
     * rounding. A backend that is named runs from the first call on, as with {@link #NONE}.
     */
    BACKGROUND,
    /** The model is handed out once its backend has been compiled, some seconds later. */
    BLOCKING
}
