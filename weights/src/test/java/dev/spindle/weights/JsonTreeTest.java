package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTreeTest {

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"a\": [1, -2.5e3, {\"b\": {}}], \"c\": null, \"d\": true, \"e\": false, \"a\": []}",
        "[3000000000, 12345678901234567890123, 0.1, 1e400]",
        "\"text \\u00e9\"", "7", "null"
    })
    void isTheTreeOfTheObjectMapper(String text) throws IOException {
        assertEquals(new ObjectMapper().readTree(text), JsonTree.of(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{", "[1", "{\"a\"}", "1 2", "{} []", "NaN", "]", "\"", "tru"})
    void refusesWhatIsNotOneValue(String text) {
        assertThrows(IOException.class, () -> JsonTree.of(text));
    }

    @Test
    void refusesNestingThatNobodyWrites() {
        assertThrows(IOException.class, () -> JsonTree.of("[".repeat(100_000)));
    }
}
