package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** An array of numbers that a graph holds, whatever the format and the type of its elements. */
interface Constant {

    /** The file, for messages. */
    Path file();

    /** Where the array stands in the file, for messages. */
    String place();

    /** Sizes, outermost first. */
    List<Integer> shape();

    /**
     * The values as fp32, row-major; converted when asked for.
     *
     * @throws InvalidInputException where they are not in the file, or fp32 cannot stand for them
     */
    float[] floats();

    /** The array that the file holds: this, or what this is a view of. */
    default Constant origin() {
        return this;
    }

    /** What is at fault here. */
    default InvalidInputException wrong(String expected, String found) {
        return InvalidInputException.of(file(), place(), expected, found);
    }

    /** The same values in another shape of as many elements. */
    default Constant reshaped(List<Integer> newShape) {
        return new View(this, newShape, this::floats);
    }

    /**
     * The same values with their axes in another order.
     *
     * @param axes for each axis of the result, which axis of this array it is
     */
    default Constant permuted(int... axes) {
        List<Integer> sizes = new ArrayList<>();
        for (int axis : axes) {
            sizes.add(shape().get(axis));
        }
        return keepsOrder(axes)
                ? reshaped(List.copyOf(sizes))
                : new View(this, List.copyOf(sizes), () -> permute(floats(), shape(), axes));
    }

    /** Whether axes of one element are all that go elsewhere: then the values stay where they are. */
    private boolean keepsOrder(int[] axes) {
        int[] longer = IntStream.of(axes).filter(axis -> shape().get(axis) != 1).toArray();
        return IntStream.range(1, longer.length).allMatch(i -> longer[i - 1] < longer[i]);
    }

    /** The values times a factor. */
    default Constant scaled(double factor) {
        return new View(this, shape(), () -> {
            float[] values = floats().clone();
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (values[i] * factor);
            }
            return values;
        });
    }

    /** An array of this shape, of one number. */
    default Constant filled(float value) {
        return new View(this, shape(), () -> {
            float[] values = new float[shape().stream().reduce(1, Math::multiplyExact)];
            Arrays.fill(values, value);
            return values;
        });
    }

    private static float[] permute(float[] values, List<Integer> shape, int[] axes) {
        int rank = axes.length;
        int[] strides = new int[rank];
        int stride = 1;
        for (int axis = rank - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= shape.get(axis);
        }
        int[] index = new int[rank];
        float[] result = new float[values.length];
        int from = 0;
        for (int to = 0; to < result.length; to++) {
            result[to] = values[from];
            for (int axis = rank - 1; axis >= 0; axis--) {
                from += strides[axes[axis]];
                if (++index[axis] < shape.get(axes[axis])) {
                    break;
                }
                from -= index[axis] * strides[axes[axis]];
                index[axis] = 0;
            }
        }
        return result;
    }

    /** The values of another array, seen otherwise. */
    record View(Constant source, List<Integer> shape, Values values) implements Constant {

        @Override
        public Path file() {
            return source.file();
        }

        @Override
        public String place() {
            return source.place();
        }

        @Override
        public float[] floats() {
            return values.floats();
        }

        @Override
        public Constant origin() {
            return source.origin();
        }
    }

    /** Gives values when asked for. */
    interface Values {
        float[] floats();
    }
}
