package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Takes the arrays of a described network out of a file, in which there is to be nothing else. */
final class TensorTaker {

    private final Safetensors tensors;
    private final Set<String> left;

    TensorTaker(Safetensors tensors) {
        this.tensors = tensors;
        this.left = new HashSet<>(tensors.names());
    }

    /**
     * Takes one array.
     *
     * @param name its name
     * @param types those that it may have
     * @param words what those are called
     * @param shape the one that it has to have
     * @throws InvalidInputException where there is none of this name, or it has another type or shape
     */
    Safetensors.Tensor take(String name, Set<Safetensors.Type> types, String words, List<Integer> shape) {
        Safetensors.Tensor tensor = tensors.tensor(name);
        if (!types.contains(tensor.type()) || !tensor.shape().equals(shape)) {
            throw wrong(name, words + " of shape " + shape, tensor.type() + " of shape " + tensor.shape());
        }
        left.remove(name);
        return tensor;
    }

    /** Refuses a file with an array that was not taken. */
    void requireNoneLeft() {
        for (String name : tensors.names()) {
            if (left.contains(name)) {
                throw wrong(
                        name, "only the layers of the network that the metadata describe", "a tensor of none of them");
            }
        }
    }

    private InvalidInputException wrong(String name, String expected, String found) {
        return InvalidInputException.of(tensors.file(), "tensor " + ModelFile.printable(name), expected, found);
    }
}
