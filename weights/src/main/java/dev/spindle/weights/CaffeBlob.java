package dev.spindle.weights;

import dev.spindle.weights.schema.Caffe.BlobProto;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An array of a Caffe layer.
 *
 * @param file for messages
 * @param place layer and number, for messages
 * @param shape sizes, outermost first
 * @param blob as many values as the shape says
 */
record CaffeBlob(Path file, String place, List<Integer> shape, BlobProto blob) implements Constant {

    private static final int MAX_RANK = 8;

    /**
     * Takes a blob from a file.
     *
     * @throws dev.spindle.InvalidInputException where shape and values do not go together
     */
    static CaffeBlob of(Path file, String layer, int number, BlobProto blob) {
        String place = "layer " + ModelFile.printable(layer) + " blob " + number;
        List<Long> sizes = blob.hasShape()
                ? blob.getShape().getDimList()
                : List.of((long) blob.getNum(), (long) blob.getChannels(), (long) blob.getHeight(), (long) blob.getWidth());
        List<Integer> shape = new ArrayList<>();
        long count = 1;
        for (long size : sizes.subList(0, Math.min(sizes.size(), MAX_RANK))) {
            // Large enough to be refused below, small enough not to overflow.
            long bounded = Math.clamp(size, 0, Integer.MAX_VALUE);
            shape.add((int) bounded);
            count = Math.min(count * bounded, Integer.MAX_VALUE);
        }
        CaffeBlob found = new CaffeBlob(file, place, List.copyOf(shape), blob);
        if (count != found.count() || shape.size() != sizes.size()) {
            throw found.wrong("values of shape " + ModelFile.printable(sizes.toString()), found.count() + " values");
        }
        return found;
    }

    private int count() {
        return isDouble() ? blob.getDoubleDataCount() : blob.getDataCount();
    }

    private boolean isDouble() {
        return blob.getDoubleDataCount() > 0;
    }

    /** The element type, for people. */
    String type() {
        return isDouble() ? "double" : "float";
    }

    @Override
    public float[] floats() {
        float[] values = new float[count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = isDouble() ? (float) blob.getDoubleData(i) : blob.getData(i);
        }
        return values;
    }

    /** The same without leading sizes of 1, which old files put in front up to four axes. */
    Constant ofRank(int rank) {
        int extra = shape.size() - rank;
        return extra > 0 && shape.subList(0, extra).stream().allMatch(size -> size == 1)
                ? reshaped(shape.subList(extra, shape.size()))
                : this;
    }
}
