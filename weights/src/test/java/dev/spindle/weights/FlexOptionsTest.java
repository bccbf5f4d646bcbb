package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.flatbuffers.FlexBuffersBuilder;
import dev.spindle.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class FlexOptionsTest {

    private static TfliteOperator operator(ByteBuffer options) {
        return new TfliteOperator(
                Path.of("some.tflite"), 7, TfliteOperator.CUSTOM, new int[0], new int[0], 0, Optional.empty(), "Some", options);
    }

    private static ByteBuffer map(Consumer<FlexBuffersBuilder> entries) {
        FlexBuffersBuilder builder = new FlexBuffersBuilder();
        int start = builder.startMap();
        entries.accept(builder);
        builder.endMap(null, start);
        return builder.finish();
    }

    private static void assertRefused(String expected, Runnable reading) {
        String message = assertThrows(InvalidInputException.class, reading::run).getMessage();
        assertTrue(message.startsWith("some.tflite: operator 7 CUSTOM: ") && message.contains(expected), message);
    }

    @Test
    void numbersAreReadWhateverTheirType() {
        FlexOptions options = FlexOptions.of(operator(map(builder -> {
            builder.putFloat("half", 0.5f);
            builder.putFloat("tenth", 0.1);
            builder.putInt("many", 100_000);
            builder.putInt("minus", -3);
            builder.putBoolean("yes", true);
            builder.putBoolean("no", false);
            builder.putString("text", "5");
        })));
        assertEquals(0.5, options.number("half"));
        assertEquals(0.1, options.number("tenth"));
        assertEquals(100_000, options.integer("many"));
        assertEquals(-3, options.integer("minus"));
        assertEquals(1, options.number("yes"));
        assertEquals(0, options.number("no"));
        assertTrue(options.has("half"));
        assertFalse(options.has("third"));
        assertRefused("a number as option third, found none", () -> options.number("third"));
        assertRefused("a number as option text, found another value", () -> options.number("text"));
        assertRefused("a whole number as option half, found 0.5", () -> options.integer("half"));
    }

    @Test
    void whatIsNoMapIsRefused() {
        assertRefused("found 2 bytes", () -> FlexOptions.of(operator(ByteBuffer.allocate(2))));
        assertRefused("found 65537 bytes", () -> FlexOptions.of(operator(ByteBuffer.allocate((1 << 16) + 1))));
        FlexBuffersBuilder builder = new FlexBuffersBuilder();
        builder.putInt(5);
        assertRefused("a map of options, found another value", () -> FlexOptions.of(operator(builder.finish())));
    }

    /** Whatever bytes are changed: numbers are found, or the operator is named. */
    @Test
    void damageIsFound() {
        ByteBuffer whole = map(builder -> {
            builder.putFloat("half", 0.5f);
            builder.putInt("many", 100_000);
            builder.putInt("one", 1);
        });
        Random random = new Random(3);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = new byte[whole.remaining()];
            whole.duplicate().get(damaged);
            for (int change = 0; change <= i % 3; change++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            try {
                FlexOptions options = FlexOptions.of(operator(ByteBuffer.wrap(damaged)));
                options.number("half");
                options.integer("many");
                options.has("one");
            } catch (InvalidInputException e) {
                assertTrue(e.getMessage().startsWith("some.tflite: operator 7 CUSTOM: "), e.getMessage());
                refused++;
            }
        }
        assertTrue(refused > 5_000, refused + " refused");
    }
}
