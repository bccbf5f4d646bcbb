package dev.spindle.bench;

/** An implementation that runs a {@link Workload}, prepared so that {@link #run} does what a user's call would do. */
interface Peer extends AutoCloseable {

    /** What really runs: {@code onnxruntime}, or the resolved backend's name. */
    String name();

    /**
     * Sets the input of later runs, in whatever layout the peer takes; not to be timed.
     *
     * @param images {@code [batch][height][width][3]}
     */
    void load(float[] images);

    /** Whether the JVM compiles what runs, which takes it seconds; native code is at its speed at once. */
    boolean compiledByJvm();

    /** One call on the whole batch. */
    void run();

    /** What the last run made of its input, {@code [batch][classes]}; not to be timed. */
    float[] logits();

    @Override
    void close();
}
