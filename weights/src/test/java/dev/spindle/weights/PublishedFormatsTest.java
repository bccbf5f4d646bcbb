package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublishedFormatsTest {

    private final PublishedFormats formats = new PublishedFormats();

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "torchvision-safetensors/weights.safetensors, safetensors",
        "torchvision-safetensors/weights-fp16.safetensors, safetensors",
        "timm-safetensors/weights.safetensors, safetensors",
        "torchvision-pth/weights.pth, PyTorch",
        "torchvision-pth/weights-legacy.pth, PyTorch",
        "dli14-pth/weights.pth, PyTorch",
        "keras-h5/weights.h5, Keras",
        "keras-h5/weights.keras, Keras",
        "keras-h5/weights.weights.h5, Keras",
        "tflite-float/weights.tflite, TensorFlow Lite",
        "tflite-int8/weights.tflite, TensorFlow Lite"
    })
    void contentTellsTheFormatAndNamesDoNot(String fixture, String format) throws IOException {
        for (String name : List.of("model", "model.bin", "model.tflite", "model.safetensors")) {
            Path file = Files.write(folder.resolve(name), Fixtures.bytes(fixture));
            assertTrue(formats.accepts(file, ByteBuffer.allocate(0)));
            assertEquals(format, formats.read(file).source().format());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "This is a text file, not a model.\n", "{\"a\": 1, \"b\": 2}"})
    void whatIsNoModelIsLeftToOthers(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("text.safetensors"), text);
        assertFalse(formats.accepts(file, StandardCharsets.UTF_8.encode(text)));
        String message =
                assertThrows(InvalidInputException.class, () -> formats.read(file)).getMessage();
        assertTrue(message.startsWith(file + ": start of file: expected a model file (safetensors, "), message);
        assertTrue(message.endsWith(text.isEmpty() ? "found an empty file" : "found something else"), message);
    }

    @Test
    void aSliceOfAFileIsReadFromItsPosition() {
        byte[] model = Fixtures.bytes("tflite-float/weights.tflite");
        ByteBuffer content = ByteBuffer.allocate(model.length + 8).put(3, model).position(3).limit(3 + model.length);
        assertEquals("TensorFlow Lite", PublishedFormats.read(Path.of("in.zip"), content).source().format());
        assertEquals(3, content.position());
    }
}
