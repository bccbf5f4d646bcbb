package dev.spindle.weights;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Writes a NumPy array file (numpy.lib.format, version 1.0) of float32, {@code [rows, columns]}, row by row: how many rows
 * there are need not be known before the end. The file is in its place when it is complete, see {@link WholeFile}.
 */
public final class NpyWriter implements AutoCloseable {

    /** Long enough for any number of rows, so that the header can be written last; a multiple of 64, as the format wants it. */
    private static final int HEADER_BYTES = 128;

    /** Magic string, version and length of the text. */
    private static final byte[] PREAMBLE = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, HEADER_BYTES - 10, 0};

    private final WholeFile file;
    private final int columns;
    private final ByteBuffer row;
    private long rows;

    private NpyWriter(WholeFile file, int columns) {
        this.file = file;
        this.columns = columns;
        this.row = ByteBuffer.allocate(Math.multiplyExact(columns, Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Begins a file.
     *
     * @param file where it will be; replaced if it exists
     * @param columns values of a row, at least 1
     * @return an array without rows, to be closed
     * @throws UncheckedIOException where it cannot be written
     */
    public static NpyWriter begin(Path file, int columns) {
        if (columns < 1) {
            throw new IllegalArgumentException(columns + " columns, expected at least 1");
        }
        NpyWriter writer = new NpyWriter(WholeFile.begin(file), columns);
        writer.file.append(ByteBuffer.allocate(HEADER_BYTES));
        return writer;
    }

    /**
     * Adds a row.
     *
     * @param values one a column; copied
     * @throws IllegalArgumentException where there are more or fewer
     * @throws UncheckedIOException where it cannot be written
     */
    public void add(float[] values) {
        if (values.length != columns) {
            throw new IllegalArgumentException("a row of " + values.length + " values, expected " + columns);
        }
        row.asFloatBuffer().put(values);
        file.append(row.duplicate());
        rows++;
    }

    /** The rows that were added. */
    public long rows() {
        return rows;
    }

    /**
     * Ends the array and moves it to its place.
     *
     * @throws UncheckedIOException where that cannot be done
     */
    public void complete() {
        String text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + rows + ", " + columns + "), }";
        String padded = text + " ".repeat(HEADER_BYTES - PREAMBLE.length - 1 - text.length()) + "\n";
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).put(PREAMBLE);
        file.overwriteStart(header.put(padded.getBytes(StandardCharsets.US_ASCII)).flip());
        file.complete();
    }

    /** Removes what was not completed; idempotent. */
    @Override
    public void close() {
        file.close();
    }
}
