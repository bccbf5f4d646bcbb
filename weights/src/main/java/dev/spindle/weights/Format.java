package dev.spindle.weights;

import dev.spindle.Checkpoint;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;

/**
 * One line of the table in {@link PublishedFormats}. Both functions are given the file's name, for messages, and its whole
 * content from position to limit, little-endian and read-only.
 *
 * @param name for people
 * @param recogniser tells this format from the others by its content: by a magic number, or by what a container holds; it
 *     may throw {@link dev.spindle.InvalidInputException} where the content can be nothing else, but is damaged
 * @param reader makes network and weights of the content
 */
record Format(
        String name,
        BiPredicate<Path, ByteBuffer> recogniser,
        BiFunction<Path, ByteBuffer, Checkpoint> reader) {}
