package dev.spindle.spark;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of small networks. */
final class TestModels {

    private TestModels() {}

    /**
     * Copies a file of a small network from the test resources, which may be in a jar.
     *
     * @param name its path there, such as {@code caffe/deploy.prototxt}
     * @param file where to, in whatever folder
     */
    static Path fixture(String name, Path file) throws IOException {
        Files.createDirectories(file.getParent());
        try (InputStream in = TestModels.class.getResourceAsStream("/fixtures/" + name)) {
            return Files.write(file, in.readAllBytes());
        }
    }
}
