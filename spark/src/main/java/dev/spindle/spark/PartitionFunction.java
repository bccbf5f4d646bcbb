package dev.spindle.spark;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** Takes a partition's rows batch by batch and adds columns. */
final class PartitionFunction implements MapPartitionsFunction<Row, Row> {

    private static final long serialVersionUID = 1L;

    private final Classifier classifier;
    private final int column;
    private final int batch;

    /**
     * @param classifier makes the new columns, which come last
     * @param column holds the images
     * @param batch how many of them go through the network together, on each of a task's CPUs
     */
    PartitionFunction(Classifier classifier, int column, int batch) {
        this.classifier = classifier;
        this.column = column;
        this.batch = batch;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        int atOnce = Math.multiplyExact(batch, TaskContext.get().cpus());
        Queue<Row> done = new ArrayDeque<>();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                if (done.isEmpty() && rows.hasNext()) {
                    run(rows, atOnce, done);
                }
                return !done.isEmpty();
            }

            @Override
            public Row next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return done.remove();
            }
        };
    }

    private void run(Iterator<Row> rows, int atOnce, Queue<Row> done) {
        List<Row> taken = new ArrayList<>();
        List<byte[]> images = new ArrayList<>();
        while (taken.size() < atOnce && rows.hasNext()) {
            Row row = rows.next();
            taken.add(row);
            images.add(row.getAs(column));
        }
        List<Prediction> predictions = classifier.run(images);
        for (int i = 0; i < taken.size(); i++) {
            Row row = taken.get(i);
            Object[] values = new Object[row.size() + classifier.columns()];
            for (int field = 0; field < row.size(); field++) {
                values[field] = row.get(field);
            }
            classifier.write(predictions.get(i), values, row.size());
            done.add(RowFactory.create(values));
        }
    }
}
