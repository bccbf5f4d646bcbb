package dev.spindle.kernel.vector;

import dev.spindle.kernel.Rehearsal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/** A rehearsal of each method that a network calls, in the order of the first calls. */
final class Rehearsals {

    /** Rows of some calls, each time another one. */
    private static final class Rows implements IntConsumer {

        private final List<Runnable> rows = new ArrayList<>();
        private boolean complete;
        private int next;

        void add(int from, int to, IntConsumer row) {
            for (int y = from; y < to; y++) {
                int at = y;
                rows.add(() -> row.accept(at));
            }
        }

        @Override
        public void accept(int count) {
            for (int i = 0; i < count; i++) {
                rows.get(next++ % rows.size()).run();
            }
        }
    }

    /**
     * By what tells a generated method from others: whose it is, what it does, and two numbers. No record stands for these: the
     * JDK keeps the class loader of the last record that was compared, as long as there is memory.
     */
    private final Map<List<Object>, Rehearsal> all = new LinkedHashMap<>();

    private final Map<List<Object>, Rows> rows = new LinkedHashMap<>();

    /** Keeps the first call of each method. */
    void add(Object owner, String family, int first, int second, int inputs, int sums, IntConsumer code) {
        all.putIfAbsent(List.of(owner, family, first, second), new Rehearsal(code, inputs, sums));
    }

    /**
     * Keeps the rows of the first call of each method, and of the first that reaches the lower edge of its map: the JVM leaves
     * out of what it compiles the edges that it has not seen.
     *
     * @param row makes one
     */
    void addRows(
            Object owner, String family, int first, int second, int sums, int from, int to, boolean toEdge, IntConsumer row) {
        List<Object> method = List.of(owner, family, first, second);
        Rows kept = rows.computeIfAbsent(method, _ -> new Rows());
        if (kept.rows.isEmpty() || toEdge && !kept.complete) {
            kept.add(from, to, row);
            kept.complete = toEdge;
        }
        all.putIfAbsent(method, new Rehearsal(kept, 1, sums));
    }

    List<Rehearsal> all() {
        return List.copyOf(all.values());
    }
}
