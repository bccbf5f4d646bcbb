package dev.spindle.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real photos against the pixels that the reference implementation was given. */
class PhotosTest {

    private static final Path SHARED = Path.of(System.getProperty("spindle.shared", "../shared"));
    private static final Path EXPECTED = SHARED.resolve("models/mobilenet_v2_1.0_224_quant.expected.safetensors");

    @ParameterizedTest
    @ValueSource(strings = {"cat_720p", "hot_dog", "owl", "parrot"})
    void pixelsAreThoseOfTheReference(String photo) throws IOException {
        assumeTrue(Files.exists(EXPECTED), EXPECTED + " is not there");
        byte[] expected = tensor(photo + ".pixels");
        Image image = ImageDecoder.decode(SHARED.resolve("photos").resolve(photo + ".jpg"));
        byte[] actual = new Preprocessor(Preprocessing.TF, 224, 224).fit(image).toRgb();
        assertEquals(expected.length, actual.length);
        int largest = 0;
        for (int i = 0; i < actual.length; i++) {
            largest = Math.max(largest, Math.abs((actual[i] & 0xFF) - (expected[i] & 0xFF)));
        }
        assertTrue(largest <= 1, "largest difference " + largest);
    }

    private static byte[] tensor(String name) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(EXPECTED.toFile(), "r")) {
            byte[] header = new byte[(int) Long.reverseBytes(file.readLong())];
            file.readFully(header);
            Matcher entry = Pattern.compile(
                            Pattern.quote('"' + name + '"') + "[^}]*\"data_offsets\":\\[(\\d+),(\\d+)\\]")
                    .matcher(new String(header, StandardCharsets.UTF_8));
            assertTrue(entry.find(), name);
            byte[] data = new byte[Integer.parseInt(entry.group(2)) - Integer.parseInt(entry.group(1))];
            file.seek(8 + header.length + Long.parseLong(entry.group(1)));
            file.readFully(data);
            return data;
        }
    }
}
