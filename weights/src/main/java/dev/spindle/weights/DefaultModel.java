package dev.spindle.weights;

import dev.spindle.Checkpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * The network that ships with Spindle: MobileNetV2 0.35 on 64x64 pixels, the ten classes of CIFAR-10, trained from
 * scratch for this project. {@code provenance.json} beside it says how, and how accurate it is.
 */
public final class DefaultModel {

    private static final String RESOURCE = "mobilenet_v2_0.35_64_cifar10.safetensors";

    private DefaultModel() {}

    /** Reads the embedded network; needs no file and no network connection. */
    public static Checkpoint load() {
        try (InputStream stream = DefaultModel.class.getResourceAsStream(RESOURCE)) {
            if (stream == null) {
                throw new IllegalStateException("the resource " + RESOURCE + " is missing from this build");
            }
            return SafetensorsReader.read(Safetensors.read(Path.of(RESOURCE), ByteBuffer.wrap(stream.readAllBytes())));
        } catch (IOException e) {
            throw new UncheckedIOException(RESOURCE + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
