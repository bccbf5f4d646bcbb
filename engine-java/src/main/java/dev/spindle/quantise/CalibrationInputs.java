package dev.spindle.quantise;

/** The inputs that ranges are measured on; each is asked for several times. */
public interface CalibrationInputs {

    /** How many there are, at least 1. */
    int count();

    /**
     * One input.
     *
     * @param index from 0
     * @return {@code [height][width][3]}, preprocessed; not kept, so that it may be the same array every time
     */
    float[] input(int index);
}
