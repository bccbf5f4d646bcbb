package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.InvalidInputException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class MutationFuzzTest {

    private static final byte[] FILE = new byte[50];

    private static String failure(Consumer<ByteBuffer> reader) {
        return assertThrows(AssertionError.class, () -> MutationFuzz.run(FILE, 1, reader)).getMessage();
    }

    @Test
    void readersThatOnlyRefusePass() {
        Set<ByteBuffer> files = new HashSet<>();
        MutationFuzz.run(FILE, 1, file -> {
            files.add(file);
            throw new InvalidInputException("damaged");
        });
        assertTrue(files.size() > 200, files.size() + " different files");
    }

    @Test
    void attemptsAreTheSameEveryTime() {
        List<List<ByteBuffer>> runs = List.of(new ArrayList<>(), new ArrayList<>());
        for (List<ByteBuffer> run : runs) {
            MutationFuzz.run(FILE, 2, file -> {
                run.add(file);
                throw new InvalidInputException("damaged");
            });
        }
        int common = Math.min(runs.get(0).size(), runs.get(1).size());
        assertEquals(runs.get(0).subList(0, common), runs.get(1).subList(0, common));
    }

    @Test
    void readersThatMisbehaveFail() {
        assertTrue(failure(file -> {}).startsWith("only 0 of "));
        assertTrue(failure(file -> {
            throw new IllegalStateException("crash");
        }).contains("attempt 0 of seed 1: java.lang.IllegalStateException: crash"));
        assertTrue(failure(file -> {
            throw new InvalidInputException("two\nlines");
        }).contains("two\nlines"));
        List<byte[]> hoard = new ArrayList<>();
        assertTrue(failure(file -> hoard.add(new byte[80 << 20])).contains("bytes allocated, expected at most"));
    }
}
