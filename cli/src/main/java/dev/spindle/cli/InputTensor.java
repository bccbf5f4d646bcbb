package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.network.Network;
import dev.spindle.weights.Safetensors;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The tensor {@code input} of a safetensors file: preprocessed images.
 *
 * @param tensor {@code [images][height][width][3]}
 */
record InputTensor(Safetensors.Tensor tensor) {

    private static final String NAME = "input";
    private static final int RANK = 4;
    private static final int COLOURS = 3;

    /**
     * Opens a file.
     *
     * @param types of which the elements may be
     * @throws InvalidInputException where it has no such tensor
     */
    static InputTensor open(Path file, List<Safetensors.Type> types) {
        Safetensors.Tensor input = Safetensors.open(file).tensor(NAME);
        List<Integer> shape = input.shape();
        if (!types.contains(input.type())
                || shape.size() != RANK
                || shape.getLast() != COLOURS
                || shape.contains(0)
                || shape.get(1) > Network.MAX_SIDE
                || shape.get(2) > Network.MAX_SIDE) {
            throw InvalidInputException.of(
                    file,
                    "tensor " + NAME,
                    types.stream().map(Safetensors.Type::name).collect(Collectors.joining(" or "))
                            + " of shape [images, height, width, 3] with sides of 1 to " + Network.MAX_SIDE,
                    input.type() + " of shape " + shape);
        }
        return new InputTensor(input);
    }

    Safetensors.Type type() {
        return tensor.type();
    }

    int images() {
        return tensor.shape().getFirst();
    }

    int height() {
        return tensor.shape().get(1);
    }

    int width() {
        return tensor.shape().get(2);
    }

    /** The numbers of one image. */
    private int length() {
        return height() * width() * COLOURS;
    }

    /** One image of floats. */
    float[] image(int index) {
        float[] image = new float[length()];
        read(image, index, 1);
        return image;
    }

    /** Copies images of floats to the beginning of an array. */
    void read(float[] images, int first, int count) {
        tensor.data().asFloatBuffer().get(first * length(), images, 0, count * length());
    }

    /** Copies images of bytes to the beginning of an array. */
    void read(byte[] images, int first, int count) {
        tensor.data().get(first * length(), images, 0, count * length());
    }

    /** The network for inputs of this size; the weights are the same. */
    Checkpoint resize(Checkpoint read) {
        return read.withResolution(height(), width());
    }
}
