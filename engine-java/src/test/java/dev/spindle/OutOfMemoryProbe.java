package dev.spindle;

import dev.spindle.kernel.Memory;
import java.util.Arrays;
import java.util.List;

/**
 * Fills the memory, of which it is to have little, and asks a model and a session for what takes more; then gives the memory
 * back and has what was asked for, with the right results. Exit code 0 is the proof.
 */
final class OutOfMemoryProbe {

    /** With 64 processors, a session of as many threads wants far more memory than is left. */
    static final List<String> OPTIONS = List.of("-Xmx32m", "-XX:+UseSerialGC", "-XX:ActiveProcessorCount=64");

    private static final int IMAGES = 8;
    private static final int BLOCK_FLOATS = 1000;

    private static final Want[] WANTS = Want.values();

    private final Model model;
    private final Session session;
    private final float[] input;
    private final float[] logits;
    /** More blocks than there is memory for. */
    private final Memory[] blocks = new Memory[10_000];

    private OutOfMemoryProbe(Model model, Session session) {
        this.model = model;
        this.session = session;
        input = TestNetworks.input(model.network(), IMAGES);
        logits = new float[IMAGES * session.logitsLength()];
    }

    public static void main(String[] arguments) {
        Checkpoint checkpoint = TestNetworks.checkpoint(0.35, 33, 40, 21);
        try (Model model = Model.of(checkpoint, Options.DEFAULT.withBackend("scalar"));
                Session session = model.newSession()) {
            new OutOfMemoryProbe(model, session).use();
        }
    }

    private void use() {
        float[] expected = new float[session.logitsLength()];
        session.run(input, expected);
        warmUp();
        int count = fill();
        for (Want want : WANTS) {
            requireNoMemoryFor(want);
        }
        // Enough for one of the batch's places, with which the next try starts.
        for (int freed = 0; freed < 2; freed++) {
            blocks[--count] = null;
        }
        requireNoMemoryFor(Want.BATCH);
        while (count > 0) {
            blocks[--count] = null;
        }
        session.run(input, logits);
        requireRight(expected);
        for (Want want : WANTS) {
            ask(want, session);
        }
        session.run(input, IMAGES, logits, null);
        requireRight(expected);
    }

    /** Classes are loaded and linked while there is memory for it. */
    private void warmUp() {
        try (Session other = model.newSession()) {
            for (Want want : WANTS) {
                ask(want, other);
            }
        }
    }

    /** What takes memory. */
    private enum Want {
        SESSION,
        BATCH,
        THREADS
    }

    private void ask(Want want, Session of) {
        switch (want) {
            case SESSION -> model.newSession().close();
            case BATCH -> of.run(input, IMAGES, logits, null);
            case THREADS -> of.threads(64);
            default -> throw new IllegalArgumentException(want.name());
        }
    }

    private int fill() {
        int count = 0;
        try {
            while (true) {
                blocks[count] = Memory.allocate(Memory.Kind.HEAP, BLOCK_FLOATS);
                count++;
            }
        } catch (OutOfMemoryError e) {
            return count;
        }
    }

    private void requireNoMemoryFor(Want want) {
        try {
            ask(want, session);
        } catch (OutOfMemoryError e) {
            return;
        }
        throw new IllegalStateException("there was memory for " + want);
    }

    private void requireRight(float[] expected) {
        if (!Arrays.equals(logits, 0, expected.length, expected, 0, expected.length)) {
            throw new IllegalStateException("wrong results");
        }
    }
}
