package dev.spindle.spark;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;

/**
 * What goes with a task: what is wanted of images, in which columns, and handles of the broadcast model and of the
 * accumulators. The model itself does not.
 */
final class Classifier implements Serializable {

    private static final long serialVersionUID = 1L;

    private final Broadcast<ModelFiles> model;
    private final Counters counters;
    private final Request request;
    private final Output[] outputs;

    Classifier(Broadcast<ModelFiles> model, Counters counters, Request request, Output[] outputs) {
        this.model = model;
        this.counters = counters;
        this.request = request;
        this.outputs = outputs;
    }

    /** Runs images on this JVM's model, with what the current task has for it. */
    List<Prediction> run(List<byte[]> images) {
        return model.value().shared(counters).run(images, request, counters);
    }

    /** How many columns it makes. */
    int columns() {
        return outputs.length;
    }

    /** Writes the columns of one image. */
    void write(Prediction prediction, Object[] row, int from) {
        for (int i = 0; i < outputs.length; i++) {
            row[from + i] = outputs[i].of(prediction);
        }
    }
}
