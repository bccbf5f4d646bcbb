package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import io.jhdf.GlobalHeap;
import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.dataset.DatasetBase;
import io.jhdf.object.datatype.DataType;
import io.jhdf.object.datatype.FloatingPoint;
import io.jhdf.object.datatype.StringData;
import io.jhdf.object.datatype.VariableLength;
import io.jhdf.storage.HdfBackingStorage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The groups and arrays of an HDF5 file in memory, found with jHDF, which is used nowhere else. Links are not followed, so
 * that no other file is opened; arrays are not copied.
 *
 * @see <a href="https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html">HDF5 File Format Specification</a>
 */
final class Hdf5 {

    private static final long SIGNATURE = 0x89_48_44_46_0d_0a_1a_0aL;
    private static final int MAX_NODES = 100_000;
    private static final int MAX_DEPTH = 16;

    /**
     * A group.
     *
     * @param path from the outermost group, which is empty
     * @param groups within it, by name
     * @param arrays within it, by name
     * @param texts attributes that are texts, one or more
     */
    record Group(
            String path, Map<String, Group> groups, Map<String, Array> arrays, Map<String, List<String>> texts) {

        /** An attribute of one text. */
        Optional<String> text(String name) {
            return Optional.ofNullable(texts.get(name)).filter(list -> list.size() == 1).map(List::getFirst);
        }
    }

    /**
     * An array.
     *
     * @param file for messages
     * @param name with the groups that it is in
     * @param type of its elements, for people
     * @param shape sizes, outermost first
     * @param values empty where they are no floating-point numbers in one piece
     */
    record Array(Path file, String name, String type, List<Integer> shape, Optional<StridedTensor> values)
            implements Constant {

        @Override
        public String place() {
            return "array " + ModelFile.printable(name);
        }

        @Override
        public float[] floats() {
            return values.orElseThrow(() -> wrong("floating-point numbers in one piece, as Keras writes them", type))
                    .floats();
        }
    }

    private final Path file;
    private final HdfBackingStorage storage;
    private final Map<Long, GlobalHeap> heaps = new HashMap<>();
    private int nodes;
    private long textBytes;

    private Hdf5(Path file, HdfBackingStorage storage) {
        this.file = file;
        this.storage = storage;
    }

    /** Whether a content begins as an HDF5 file does. */
    static boolean recognises(ByteBuffer content) {
        return content.remaining() >= Long.BYTES
                && content.slice().order(ByteOrder.BIG_ENDIAN).getLong(0) == SIGNATURE;
    }

    /**
     * Finds all that is in a file.
     *
     * @param file for messages
     * @param content from position to limit; not copied
     * @return the outermost group
     * @throws InvalidInputException where the file is damaged
     */
    static Group read(Path file, ByteBuffer content) {
        try (HdfFile hdf = HdfFile.fromByteBuffer(content.slice())) {
            return new Hdf5(file, hdf.getHdfBackingStorage()).group("", hdf, 0);
        } catch (InvalidInputException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError e) {
            // jHDF tells damage by exceptions of many kinds, and follows structures that lead back to themselves.
            throw new InvalidInputException(file + ": HDF5: expected a whole file, found " + damage(e), e);
        }
    }

    private static String damage(Throwable thrown) {
        Throwable innermost = thrown;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        return innermost instanceof StackOverflowError ? "a circle" : ModelFile.printable(String.valueOf(innermost.getMessage()));
    }

    private Group group(String path, io.jhdf.api.Group found, int depth) {
        if (depth > MAX_DEPTH) {
            throw InvalidInputException.of(
                    file, "group " + ModelFile.printable(path), "at most " + MAX_DEPTH + " groups around it", "more");
        }
        Map<String, Group> groups = new LinkedHashMap<>();
        Map<String, Array> arrays = new LinkedHashMap<>();
        found.getChildren().forEach((name, node) -> {
            if (++nodes > MAX_NODES) {
                throw InvalidInputException.of(file, "HDF5", "at most " + MAX_NODES + " groups and arrays", "more");
            }
            String place = path.isEmpty() ? name : path + "/" + name;
            if (node instanceof io.jhdf.api.Group inner) {
                groups.put(name, group(place, inner, depth + 1));
            } else if (node instanceof Dataset dataset) {
                arrays.put(name, array(place, dataset));
            }
        });
        return new Group(path, groups, arrays, texts(found));
    }

    private Array array(String name, Dataset dataset) {
        List<Integer> shape = Arrays.stream(dataset.getDimensions()).boxed().toList();
        Optional<Safetensors.Type> type = type(dataset.getDataType());
        boolean whole = dataset instanceof DatasetBase && !(dataset instanceof ChunkedDataset) && !dataset.isEmpty();
        if (type.isEmpty() || !whole) {
            String found = type.map(Enum::name).orElse(dataset.getDataType().getClass().getSimpleName());
            return new Array(file, name, whole ? found : found + " in chunks", shape, Optional.empty());
        }
        ByteBuffer data = ((DatasetBase) dataset).getDataBuffer();
        return new Array(
                file, name, type.get().name(), shape, Optional.of(StridedTensor.dense(type.get(), data, shape, true)));
    }

    private static Optional<Safetensors.Type> type(DataType type) {
        if (!(type instanceof FloatingPoint number)) {
            return Optional.empty();
        }
        return switch (number.getSize()) {
            case Short.BYTES -> switch (number.getExponentSize()) {
                case 5 -> Optional.of(Safetensors.Type.F16);
                case 8 -> Optional.of(Safetensors.Type.BF16);
                default -> Optional.empty();
            };
            case Float.BYTES -> Optional.of(Safetensors.Type.F32);
            case Double.BYTES -> Optional.of(Safetensors.Type.F64);
            default -> Optional.empty();
        };
    }

    private Map<String, List<String>> texts(io.jhdf.api.Group group) {
        Map<String, List<String>> texts = new LinkedHashMap<>();
        group.getAttributes().forEach((name, attribute) -> {
            DataType type = attribute.getDataType();
            ByteBuffer bytes = attribute.getBuffer();
            if (bytes == null || type.getSize() < 1) {
                return;
            }
            if (type instanceof StringData) {
                texts.put(name, elements(bytes, type.getSize(), element -> text(element, element.remaining())));
            } else if (type instanceof VariableLength variable && variable.isVariableLengthString()) {
                texts.put(name, elements(bytes, type.getSize(), this::variable));
            }
        });
        return texts;
    }

    private static List<String> elements(ByteBuffer bytes, int size, Function<ByteBuffer, String> text) {
        List<String> texts = new ArrayList<>();
        for (int start = bytes.position(); bytes.limit() - start >= size; start += size) {
            texts.add(text.apply(bytes.slice(start, size).order(ByteOrder.LITTLE_ENDIAN)));
        }
        return texts;
    }

    /** A text of any length lies in a heap: its length, the heap's address, and its number there, or 0 for none. */
    private String variable(ByteBuffer element) {
        int length = element.getInt();
        long address = storage.getSizeOfOffsets() == Integer.BYTES
                ? Integer.toUnsignedLong(element.getInt())
                : element.getLong();
        int number = element.getInt();
        return number == 0
                ? ""
                : text(heaps.computeIfAbsent(address, at -> new GlobalHeap(storage, at)).getObjectData(number), length);
    }

    /** A text that ends before the first zero byte, or with the last. */
    private String text(ByteBuffer bytes, int length) {
        byte[] text = new byte[Math.clamp(length, 0, bytes.remaining())];
        bytes.get(text);
        textBytes += text.length;
        if (textBytes > storage.size()) {
            throw InvalidInputException.of(file, "HDF5", "texts that are in the file once", "more than the file has bytes");
        }
        int end = 0;
        while (end < text.length && text[end] != 0) {
            end++;
        }
        return new String(text, 0, end, StandardCharsets.UTF_8);
    }
}
