package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.spindle.CheckpointReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor.Provides;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServicesTest {

    private static final List<String> READERS = List.of(PublishedFormats.class.getName());

    @Test
    void theModulePathFindsAllReaders() {
        List<String> provided = PublishedFormats.class.getModule().getDescriptor().provides().stream()
                .filter(provides -> provides.service().equals(CheckpointReader.class.getName()))
                .map(Provides::providers)
                .findFirst()
                .orElseThrow();
        assertEquals(READERS, provided);
    }

    @Test
    void theClassPathFindsAllReaders() throws IOException {
        try (InputStream services =
                PublishedFormats.class.getResourceAsStream("/META-INF/services/" + CheckpointReader.class.getName())) {
            assertEquals(READERS, new String(services.readAllBytes(), StandardCharsets.UTF_8).lines().toList());
        }
    }
}
