package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Named arrays of one file, whatever its format: what {@link TorchNames} looks for layers in. */
interface TensorSource {

    /** The file, for messages. */
    Path file();

    /** All names, in the file's order. */
    Set<String> names();

    /**
     * The sizes of one array, outermost first.
     *
     * @param name one of {@link #names()}
     */
    List<Integer> shape(String name);

    /**
     * The values of one array as fp32, row-major.
     *
     * @param name one of {@link #names()}
     */
    float[] floats(String name);

    /** The sizes of an array that has to be there. */
    default List<Integer> requireShape(String name) {
        if (!names().contains(name)) {
            throw InvalidInputException.of(file(), "tensor " + name, "a tensor of this name", "none");
        }
        return shape(name);
    }

    /** The values of an array that has to be there in this shape. */
    default float[] requireFloats(String name, List<Integer> shape) {
        List<Integer> found = requireShape(name);
        if (!found.equals(shape)) {
            throw InvalidInputException.of(file(), "tensor " + name, "shape " + shape, found.toString());
        }
        return floats(name);
    }

    /**
     * The same arrays under shorter names.
     *
     * @param prefix what all names begin with
     */
    default TensorSource withoutPrefix(String prefix) {
        Set<String> names = new LinkedHashSet<>();
        names().forEach(name -> names.add(name.substring(prefix.length())));
        TensorSource whole = this;
        return new TensorSource() {
            @Override
            public Path file() {
                return whole.file();
            }

            @Override
            public Set<String> names() {
                return names;
            }

            @Override
            public List<Integer> shape(String name) {
                return whole.shape(prefix + name);
            }

            @Override
            public float[] floats(String name) {
                return whole.floats(prefix + name);
            }
        };
    }
}
