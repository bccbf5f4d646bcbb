package dev.spindle.cli;

import java.util.Random;

/** Inputs where it does not matter what is on them. */
final class Noise {

    private Noise() {}

    /** Fills an array with values in [-1, 1), always the same. */
    static float[] fill(float[] values) {
        Random random = new Random(1);
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * random.nextFloat() - 1;
        }
        return values;
    }
}
