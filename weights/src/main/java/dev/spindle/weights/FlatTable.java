package dev.spindle.weights;

import com.google.flatbuffers.Table;
import dev.spindle.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One table of a flatbuffer that nobody vouches for: every offset is checked before it is followed, every length before
 * it is allocated. Fields are given by their slot, their place in the schema's table.
 *
 * <p>Offsets may point many references at the same bytes, so a small file could announce any amount of data. The tables
 * of one file therefore share a budget of bytes to read, a small multiple of the file's length.
 */
final class FlatTable extends Table {

    private static final int FIRST_SLOT = 4;
    private static final int SLOT_BYTES = 2;

    private final Flatbuffer file;

    private FlatTable(Flatbuffer file, long position) {
        this.file = file;
        file.require(position, Integer.BYTES);
        long vtable = position - file.bytes.getInt((int) position);
        file.require(vtable, 2L * SLOT_BYTES);
        file.require(vtable, Short.toUnsignedInt(file.bytes.getShort((int) vtable)));
        __reset((int) position, file.bytes);
    }

    /**
     * The root table.
     *
     * @param path for messages
     * @param content a flatbuffer from position to limit
     * @throws InvalidInputException where the root lies outside
     */
    static FlatTable root(Path path, ByteBuffer content) {
        Flatbuffer file = new Flatbuffer(path, content.slice().order(ByteOrder.LITTLE_ENDIAN));
        file.require(0, Integer.BYTES);
        return new FlatTable(file, Integer.toUnsignedLong(file.bytes.getInt(0)));
    }

    /** Whether the table has this field. */
    boolean has(int slot) {
        return __offset(FIRST_SLOT + slot * SLOT_BYTES) != 0;
    }

    /** A {@code byte}, {@code bool} or enumeration field. */
    int byteAt(int slot, int absent) {
        return has(slot) ? file.bytes.get(field(slot, Byte.BYTES)) : absent;
    }

    /** A {@code ubyte} field. */
    int unsignedByteAt(int slot, int absent) {
        return has(slot) ? file.bytes.get(field(slot, Byte.BYTES)) & 0xff : absent;
    }

    /** An {@code int} field, or a {@code uint} field that has to stay below 2^31. */
    int intAt(int slot, int absent) {
        return has(slot) ? file.bytes.getInt(field(slot, Integer.BYTES)) : absent;
    }

    /** A {@code float} field. */
    float floatAt(int slot, float absent) {
        return has(slot) ? file.bytes.getFloat(field(slot, Float.BYTES)) : absent;
    }

    /** A table field; empty where it is absent. */
    Optional<FlatTable> table(int slot) {
        return has(slot) ? Optional.of(new FlatTable(file, target(field(slot, Integer.BYTES)))) : Optional.empty();
    }

    /**
     * A field that is a vector of tables; empty where it is absent.
     *
     * @param slot the field
     * @param what the entries are, for messages
     * @param most how many there may be
     */
    List<FlatTable> tables(int slot, String what, int most) {
        int count = vector(slot, Integer.BYTES).remaining() / Integer.BYTES;
        if (count > most) {
            throw InvalidInputException.of(file.path, what, "at most " + most, String.valueOf(count));
        }
        List<FlatTable> tables = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            tables.add(new FlatTable(file, target(vectorStart(slot) + i * Integer.BYTES)));
        }
        return tables;
    }

    /** A field that is a vector of integers; empty where it is absent. */
    int[] ints(int slot) {
        ByteBuffer bytes = vector(slot, Integer.BYTES);
        int[] values = new int[bytes.remaining() / Integer.BYTES];
        bytes.asIntBuffer().get(values);
        return values;
    }

    /** A field that is a vector of 64-bit integers; empty where it is absent. */
    long[] longs(int slot) {
        ByteBuffer bytes = vector(slot, Long.BYTES);
        long[] values = new long[bytes.remaining() / Long.BYTES];
        bytes.asLongBuffer().get(values);
        return values;
    }

    /** A field that is a vector of floats; empty where it is absent. */
    float[] floats(int slot) {
        ByteBuffer bytes = vector(slot, Float.BYTES);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    /** A text field; empty where it is absent. */
    String text(int slot) {
        return StandardCharsets.UTF_8.decode(vector(slot, Byte.BYTES)).toString();
    }

    /** A field that is a vector of bytes, little-endian, not copied; empty where it is absent. */
    ByteBuffer bytes(int slot) {
        return vector(slot, Byte.BYTES);
    }

    private ByteBuffer vector(int slot, int elementBytes) {
        if (!has(slot)) {
            return ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
        }
        int start = vectorStart(slot);
        long length = Integer.toUnsignedLong(file.bytes.getInt(start - Integer.BYTES)) * elementBytes;
        file.require(start, length);
        file.spend(start, length);
        return file.bytes.slice(start, (int) length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Where the elements of a vector begin, behind its length. */
    private int vectorStart(int slot) {
        long length = target(field(slot, Integer.BYTES));
        file.require(length, Integer.BYTES);
        return Math.toIntExact(length + Integer.BYTES);
    }

    private int field(int slot, int bytes) {
        long position = (long) bb_pos + __offset(FIRST_SLOT + slot * SLOT_BYTES);
        file.require(position, bytes);
        return (int) position;
    }

    /** Where the offset that stands at a position points to. */
    private long target(int position) {
        return position + Integer.toUnsignedLong(file.bytes.getInt(position));
    }

    /** The bytes that all tables of a file lie in. */
    private static final class Flatbuffer {

        private static final long BUDGET_RATIO = 4;

        private final Path path;
        private final ByteBuffer bytes;
        private long budget;

        Flatbuffer(Path path, ByteBuffer bytes) {
            this.path = path;
            this.bytes = bytes;
            this.budget = BUDGET_RATIO * bytes.limit();
        }

        void require(long position, long length) {
            if (position < 0 || length > bytes.limit() - position) {
                throw InvalidInputException.of(
                        path, "offset " + position, length + " bytes", "a file of " + bytes.limit() + " bytes");
            }
        }

        void spend(int position, long length) {
            budget -= length;
            if (budget < 0) {
                throw InvalidInputException.of(
                        path, "offset " + position, "tables with data of their own", "many that share the same bytes");
            }
        }
    }
}
