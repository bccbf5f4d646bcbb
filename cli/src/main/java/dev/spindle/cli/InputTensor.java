package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.network.Network;
import dev.spindle.weights.Safetensors;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * The tensor {@code input} of a safetensors file: preprocessed images.
 *
 * @param values {@code [images][height][width][3]}
 * @param images how many, at least 1
 * @param height rows
 * @param width columns
 */
record InputTensor(FloatBuffer values, int images, int height, int width) {

    private static final String NAME = "input";
    private static final int RANK = 4;
    private static final int COLOURS = 3;

    /**
     * Opens a file.
     *
     * @throws InvalidInputException where it has no such tensor
     */
    static InputTensor open(Path file) {
        Safetensors.Tensor input = Safetensors.open(file).tensor(NAME);
        List<Integer> shape = input.shape();
        if (input.type() != Safetensors.Type.F32
                || shape.size() != RANK
                || shape.getLast() != COLOURS
                || shape.contains(0)
                || shape.get(1) > Network.MAX_SIDE
                || shape.get(2) > Network.MAX_SIDE) {
            throw InvalidInputException.of(
                    file,
                    "tensor " + NAME,
                    "F32 of shape [images, height, width, 3] with sides of 1 to " + Network.MAX_SIDE,
                    input.type() + " of shape " + shape);
        }
        return new InputTensor(input.data().asFloatBuffer(), shape.getFirst(), shape.get(1), shape.get(2));
    }

    /** The network for inputs of this size; the weights are the same. */
    Checkpoint resize(Checkpoint read) {
        return new Checkpoint(
                read.network().withResolution(height, width),
                read.weights(),
                read.preprocessing(),
                read.labels(),
                read.source());
    }
}
