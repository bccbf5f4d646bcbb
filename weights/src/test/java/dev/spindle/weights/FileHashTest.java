package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileHashTest {

    /** FIPS 180-2, appendix B.1: the hash of "abc". */
    private static final String ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @TempDir
    private Path folder;

    private FileHash hash(String name) throws IOException {
        return FileHash.of(Files.writeString(folder.resolve(name), "abc"));
    }

    @Test
    void contentIsHashed() throws IOException {
        assertEquals(new FileHash(ABC, Optional.empty()), hash("some.pth"));
    }

    @Test
    void namesMaySayIt() throws IOException {
        assertEquals(Optional.of("ba7816bf"), hash("mobilenet_v2-ba7816bf.pth").declared());
        assertEquals(Optional.empty(), hash("mobilenet_v2-ba7816bf.pth").disagreement());
        assertEquals(Optional.empty(), hash("mobilenet_v2-" + ABC + ".pth.tar").disagreement());
        String warning = hash("mobilenet_v2-b0353104.pth").disagreement().orElseThrow();
        assertTrue(warning.contains("b0353104") && warning.contains("ba7816bf"), warning);
    }

    @Test
    void otherNamesSayNothing() throws IOException {
        for (String name : new String[] {"model-20260115.pth", "b0353104.pth", "model-deadbee.pth", "model-b0353104"}) {
            assertEquals(Optional.empty(), hash(name).declared(), name);
        }
    }

    @Test
    void whatCannotBeReadIsNamed() {
        Path missing = folder.resolve("missing");
        String message = assertThrows(InvalidInputException.class, () -> FileHash.of(missing)).getMessage();
        assertEquals(missing + ": no such file", message);
        message = assertThrows(InvalidInputException.class, () -> FileHash.of(folder)).getMessage();
        assertEquals(folder + ": folder: expected one file named *.caffemodel, found none", message);
    }
}
