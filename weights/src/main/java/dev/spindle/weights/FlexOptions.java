package dev.spindle.weights;

import com.google.flatbuffers.ArrayReadWriteBuf;
import com.google.flatbuffers.FlexBuffers;
import dev.spindle.InvalidInputException;
import java.nio.ByteBuffer;

/** The numbers by name that a custom operator has as options: a flexbuffer that nobody vouches for. */
final class FlexOptions {

    /** Far more than any operator's options take. */
    private static final int MAX_BYTES = 1 << 16;

    /** The smallest flexbuffer: one byte, its type, its width. */
    private static final int MIN_BYTES = 3;

    private final TfliteOperator operator;
    private final FlexBuffers.Map map;

    private FlexOptions(TfliteOperator operator, FlexBuffers.Map map) {
        this.operator = operator;
        this.map = map;
    }

    /**
     * Reads an operator's options.
     *
     * @throws InvalidInputException where they are not a map
     */
    static FlexOptions of(TfliteOperator operator) {
        ByteBuffer options = operator.customOptions();
        if (options.remaining() < MIN_BYTES || options.remaining() > MAX_BYTES) {
            throw operator.wrong(
                    "options of " + MIN_BYTES + " to " + MAX_BYTES + " bytes", options.remaining() + " bytes");
        }
        byte[] bytes = new byte[options.remaining()];
        options.duplicate().get(bytes);
        try {
            FlexBuffers.Reference root = FlexBuffers.getRoot(new ArrayReadWriteBuf(bytes, bytes.length));
            if (!root.isMap()) {
                throw operator.wrong("a map of options", "another value");
            }
            return new FlexOptions(operator, root.asMap());
        } catch (IndexOutOfBoundsException | FlexBuffers.FlexBufferException e) {
            throw damaged(operator, e);
        }
    }

    /** Whether there is an option. */
    boolean has(String name) {
        return !get(name).isNull();
    }

    /** An option that has to be a number. */
    double number(String name) {
        FlexBuffers.Reference found = get(name);
        try {
            if (found.isBoolean()) {
                return found.asBoolean() ? 1 : 0;
            }
            if (found.isNumeric()) {
                return found.asFloat();
            }
        } catch (IndexOutOfBoundsException e) {
            throw damaged(operator, e);
        }
        throw operator.wrong("a number as option " + name, found.isNull() ? "none" : "another value");
    }

    /** An option that has to be a whole number of 32 bits. */
    int integer(String name) {
        double found = number(name);
        if (found != (int) found) {
            throw operator.wrong("a whole number as option " + name, String.valueOf(found));
        }
        return (int) found;
    }

    private FlexBuffers.Reference get(String name) {
        try {
            return map.get(name);
        } catch (IndexOutOfBoundsException | FlexBuffers.FlexBufferException e) {
            throw damaged(operator, e);
        }
    }

    private static InvalidInputException damaged(TfliteOperator operator, RuntimeException cause) {
        InvalidInputException wrong = operator.wrong("a flexbuffer as options", "offsets that lead out of it");
        wrong.initCause(cause);
        return wrong;
    }
}
