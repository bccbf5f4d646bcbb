package dev.spindle.bench;

import dev.spindle.Model;
import dev.spindle.Session;
import dev.spindle.Warmup;

/** A {@link Contestant}, through a session with the caller's own arrays. */
final class SpindlePeer implements Peer {

    private final Model model;
    private final Session session;
    private final int batch;
    private final float[] input;
    private final float[] logits;

    /** Slow at first where the JVM compiles the backend: {@link Comparison} warms it up. */
    SpindlePeer(Workload workload, Contestant contestant) {
        this(workload, contestant, Warmup.NONE);
    }

    SpindlePeer(Workload workload, Contestant contestant, Warmup warmup) {
        batch = workload.batch();
        model = Model.of(contestant.checkpoint(workload), contestant.options(workload.threads()).withWarmup(warmup));
        session = model.newSession();
        input = new float[batch * session.inputLength()];
        logits = new float[batch * session.logitsLength()];
    }

    @Override
    public String name() {
        return new Contestant(model.backend(), model.precision()).toString();
    }

    @Override
    public boolean compiledByJvm() {
        return compiledByJvm(name());
    }

    static boolean compiledByJvm(String backend) {
        return !backend.startsWith("native-");
    }

    @Override
    public void load(float[] images) {
        System.arraycopy(images, 0, input, 0, input.length);
    }

    @Override
    public void run() {
        session.run(input, batch, logits, null);
    }

    @Override
    public float[] logits() {
        return logits.clone();
    }

    @Override
    public void close() {
        session.close();
        model.close();
    }
}
