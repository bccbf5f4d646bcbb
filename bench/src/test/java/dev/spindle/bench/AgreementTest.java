package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgreementTest {

    private static final float[] EXPECTED = {0, -10, 1};

    @Test
    void roundingIsNoDifference() {
        assertDoesNotThrow(() -> Agreement.require("x", new float[] {0.0009f, -10.0009f, 1}, EXPECTED));
    }

    @ParameterizedTest
    @ValueSource(floats = {1.0011f, 0.9989f, Float.NaN, Float.POSITIVE_INFINITY})
    void differencesAreNamed(float value) {
        IllegalStateException thrown = assertThrows(
                IllegalStateException.class, () -> Agreement.require("x", new float[] {0, -10, value}, EXPECTED));
        assertEquals("x: value 2: expected 1.0, found " + value, thrown.getMessage());
    }

    @Test
    void lengthsAreCompared() {
        assertThrows(IllegalStateException.class, () -> Agreement.require("x", new float[2], EXPECTED));
    }
}
