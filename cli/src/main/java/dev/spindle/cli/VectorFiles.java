package dev.spindle.cli;

import dev.spindle.InvalidInputException;
import dev.spindle.weights.NpyWriter;
import dev.spindle.weights.WholeFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Vectors in a NumPy array, and beside it a list of what they are of, a line each. Neither is there before it is whole. */
final class VectorFiles implements AutoCloseable {

    private static final String EXTENSION = ".npy";

    private final NpyWriter vectors;
    private final WholeFile names;

    private VectorFiles(NpyWriter vectors, WholeFile names) {
        this.vectors = vectors;
        this.names = names;
    }

    /** Where the list goes by default: to the same name with another ending. */
    static Path names(Path vectors) {
        String name = vectors.getFileName().toString();
        String stem = name.endsWith(EXTENSION) ? name.substring(0, name.length() - EXTENSION.length()) : name;
        return vectors.resolveSibling(stem + ".txt");
    }

    /**
     * Begins both files.
     *
     * @param vectors where the array goes, float32 {@code [vectors, length]}
     * @param names where the list goes, in UTF-8
     * @param length of a vector
     */
    static VectorFiles begin(Path vectors, Path names, int length) {
        NpyWriter array = NpyWriter.begin(vectors, length);
        try {
            return new VectorFiles(array, WholeFile.begin(names));
        } catch (RuntimeException e) {
            array.close();
            throw e;
        }
    }

    /**
     * Makes sure that a name is one line.
     *
     * @throws InvalidInputException where it is not
     */
    static void require(Path name) {
        if (name.toString().lines().count() != 1) {
            throw new InvalidInputException(name + ": expected a name of one line for the list of names, found more");
        }
    }

    /** Adds a vector. */
    void add(Path name, float[] vector) {
        vectors.add(vector);
        names.append(ByteBuffer.wrap((name + "\n").getBytes(StandardCharsets.UTF_8)));
    }

    /** Moves both to their places. */
    void complete() {
        names.complete();
        vectors.complete();
    }

    @Override
    public void close() {
        try {
            names.close();
        } finally {
            vectors.close();
        }
    }
}
