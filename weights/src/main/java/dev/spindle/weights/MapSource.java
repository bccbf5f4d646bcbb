package dev.spindle.weights;

import dev.spindle.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Named arrays that a reader has located in a file.
 *
 * @param file for messages
 * @param arrays by name, in the file's order
 */
record MapSource(Path file, Map<String, Array> arrays) implements TensorSource {

    /** One array, converted when its values are asked for. */
    interface Array {

        /** The element type, as the format calls it. */
        String type();

        /** Sizes, outermost first. */
        List<Integer> shape();

        /** All elements as fp32, row-major. */
        float[] floats();
    }

    @Override
    public Set<String> names() {
        return arrays.keySet();
    }

    @Override
    public List<Integer> shape(String name) {
        return arrays.get(name).shape();
    }

    @Override
    public float[] floats(String name) {
        return arrays.get(name).floats();
    }

    /** All arrays, for people. */
    List<Checkpoint.Tensor> table() {
        List<Checkpoint.Tensor> table = new ArrayList<>();
        arrays.forEach((name, array) -> table.add(new Checkpoint.Tensor(name, array.type(), array.shape())));
        return table;
    }
}
