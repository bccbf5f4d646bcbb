package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A file of named arrays in the safetensors format (github.com/huggingface/safetensors, section Format): eight bytes of
 * header length, little-endian; a JSON header with type, shape and place of each array; the arrays, row-major,
 * little-endian, without gaps.
 *
 * <p>An open file is mapped, not read: arrays are converted when asked for. It must not be overwritten in place
 * meanwhile; {@link #write} replaces files as a whole. Immutable and thread-safe.
 */
public final class Safetensors {

    /** Element types, named as the format names them. */
    public enum Type {
        /** One byte, 0 or 1. */
        BOOL(1),
        /** Unsigned byte. */
        U8(1),
        /** Signed byte. */
        I8(1),
        /** Signed 16-bit integer. */
        I16(2),
        /** IEEE 754 half precision. */
        F16(2),
        /** The upper half of an fp32. */
        BF16(2),
        /** Signed 32-bit integer. */
        I32(4),
        /** IEEE 754 single precision. */
        F32(4),
        /** Signed 64-bit integer. */
        I64(8),
        /** IEEE 754 double precision. */
        F64(8);

        private final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }

        /** Bytes of one element. */
        public int bytes() {
            return bytes;
        }

        /** Bytes of an array; more than {@link Integer#MAX_VALUE} stands for anything above it. */
        long bytesOf(List<Integer> shape) {
            long product = bytes;
            for (int size : shape) {
                if (size < 0) {
                    throw new IllegalArgumentException("shape " + shape + ", expected no negative size");
                }
                product = Math.min(product * size, Integer.MAX_VALUE + 1L);
            }
            return product;
        }

        /**
         * Elements as fp32, rounded to nearest where the type is wider.
         *
         * @param data from position to limit, in the buffer's byte order
         */
        float[] floats(ByteBuffer data) {
            ByteBuffer elements = data.slice().order(data.order());
            float[] values = new float[elements.remaining() / bytes];
            switch (this) {
                case F32 -> elements.asFloatBuffer().get(values);
                case F16 -> fill(values, i -> Float.float16ToFloat(elements.getShort(2 * i)));
                case BF16 -> fill(values, i -> Float.intBitsToFloat(elements.getShort(2 * i) << 16));
                case F64 -> fill(values, i -> (float) elements.getDouble(8 * i));
                case I64 -> fill(values, i -> (float) elements.getLong(8 * i));
                case I32 -> fill(values, i -> (float) elements.getInt(4 * i));
                case I16 -> fill(values, i -> elements.getShort(2 * i));
                case I8 -> fill(values, i -> elements.get(i));
                case U8, BOOL -> fill(values, i -> elements.get(i) & 0xff);
                default -> throw new AssertionError(this);
            }
            return values;
        }

        private static void fill(float[] values, Element element) {
            for (int i = 0; i < values.length; i++) {
                values[i] = element.at(i);
            }
        }

        private interface Element {
            float at(int index);
        }
    }

    /**
     * One array.
     *
     * @param type of its elements
     * @param shape sizes, outermost first; empty for a single value
     * @param data the elements, row-major, little-endian; not copied
     */
    public record Tensor(Type type, List<Integer> shape, ByteBuffer data) {

        /** Checks that the data are as long as type and shape say. */
        public Tensor {
            Objects.requireNonNull(type, "type");
            shape = List.copyOf(shape);
            data = data.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
            long expected = type.bytesOf(shape);
            if (data.remaining() != expected) {
                throw new IllegalArgumentException(data.remaining() + " bytes for " + type + " of shape " + shape
                        + ", expected " + expected);
            }
        }

        /**
         * An fp32 array.
         *
         * @param values row-major, copied
         * @param shape sizes, outermost first
         */
        public static Tensor of(float[] values, int... shape) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(values);
            return new Tensor(Type.F32, sizes(shape), bytes);
        }

        /**
         * An array of 32-bit integers.
         *
         * @param values row-major, copied
         * @param shape sizes, outermost first
         */
        public static Tensor of(int[] values, int... shape) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Integer.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN);
            bytes.asIntBuffer().put(values);
            return new Tensor(Type.I32, sizes(shape), bytes);
        }

        /**
         * An array of bytes.
         *
         * @param type one of one byte an element
         * @param values row-major, copied
         * @param shape sizes, outermost first
         */
        public static Tensor of(Type type, byte[] values, int... shape) {
            if (type.bytes() != 1) {
                throw new IllegalArgumentException("type " + type + ", expected one of one byte");
            }
            return new Tensor(type, sizes(shape), ByteBuffer.wrap(values.clone()));
        }

        private static List<Integer> sizes(int[] shape) {
            List<Integer> sizes = new ArrayList<>();
            for (int size : shape) {
                sizes.add(size);
            }
            return sizes;
        }

        /** The elements, little-endian, read-only, with a position of its own. */
        @Override
        public ByteBuffer data() {
            return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        }

        /** How many elements there are. */
        public int size() {
            return data.remaining() / type.bytes();
        }

        /** All elements as fp32, rounded to nearest where the type is wider. */
        public float[] floats() {
            return type.floats(data());
        }
    }

    private final Path file;
    private final Map<String, Tensor> tensors;
    private final Map<String, String> metadata;

    private Safetensors(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
        this.file = file;
        this.tensors = Collections.unmodifiableMap(tensors);
        this.metadata = Collections.unmodifiableMap(metadata);
    }

    /**
     * Opens a file.
     *
     * @param file of less than 2 GiB
     * @return its arrays
     * @throws InvalidInputException where the file is not what the format says
     * @throws UncheckedIOException where it cannot be read
     */
    public static Safetensors open(Path file) {
        return read(file, ModelFile.map(file));
    }

    /**
     * Reads from memory what a file would hold.
     *
     * @param name stands for the file in messages
     * @param bytes from position to limit; not copied
     * @return its arrays
     * @throws InvalidInputException where the bytes are not what the format says
     */
    public static Safetensors read(Path name, ByteBuffer bytes) {
        ByteBuffer content = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        SafetensorsHeader header = SafetensorsHeader.parse(name, content);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        header.entries().forEach((key, entry) -> tensors.put(
                key,
                new Tensor(
                        entry.type(),
                        entry.shape(),
                        content.slice(header.dataStart() + entry.start(), entry.end() - entry.start()))));
        return new Safetensors(name, tensors, header.metadata());
    }

    /** The file, or what stands for it in messages. */
    public Path file() {
        return file;
    }

    /** The names of all arrays, in the header's order. */
    public Set<String> names() {
        return tensors.keySet();
    }

    /** The header's {@code __metadata__}, in its order; empty where there is none. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /**
     * One array.
     *
     * @param name its name
     * @throws InvalidInputException where there is none of this name
     */
    public Tensor tensor(String name) {
        Tensor found = tensors.get(name);
        if (found == null) {
            throw InvalidInputException.of(file, "tensor " + ModelFile.printable(name), "a tensor of this name", "none");
        }
        return found;
    }

    /**
     * All elements of one array as fp32, row-major.
     *
     * @param name its name
     * @throws InvalidInputException where there is none of this name
     */
    public float[] floats(String name) {
        return tensor(name).floats();
    }

    /**
     * Writes a file, or replaces one, at once; see {@link WholeFile}.
     *
     * @param file where to
     * @param tensors the arrays by name; the header keeps their order, the data are ordered by falling element size, so
     *     that each array is aligned to its elements
     * @param metadata text by key, for the header's {@code __metadata__}; may be empty
     * @throws UncheckedIOException where it cannot be written
     */
    public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
        List<String> order = new ArrayList<>(tensors.keySet());
        order.sort(Comparator.comparingInt((String name) -> tensors.get(name).type().bytes()).reversed());
        ByteBuffer header = ByteBuffer.wrap(
                SafetensorsHeader.format(tensors, order, metadata).getBytes(StandardCharsets.UTF_8));
        ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        length.putLong(header.remaining()).flip();

        List<ByteBuffer> content = new ArrayList<>(List.of(length, header));
        order.forEach(name -> content.add(tensors.get(name).data()));
        WholeFile.write(file, content);
    }
}
