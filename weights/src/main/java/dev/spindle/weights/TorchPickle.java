package dev.spindle.weights;

import dev.spindle.weights.Unpickler.Refusal;
import dev.spindle.weights.Unpickler.Tuple;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The classes and functions that PyTorch's state dicts refer to (torch/_utils.py, torch/serialization.py), as data: a tensor
 * is a view of a storage, whose bytes lie elsewhere in the file.
 */
final class TorchPickle implements Unpickler.Host {

    /** A storage's element type, by the name of its class and as people call it. */
    enum Dtype {
        FLOAT("FloatStorage", "float32", Safetensors.Type.F32),
        HALF("HalfStorage", "float16", Safetensors.Type.F16),
        BFLOAT16("BFloat16Storage", "bfloat16", Safetensors.Type.BF16),
        DOUBLE("DoubleStorage", "float64", Safetensors.Type.F64),
        LONG("LongStorage", "int64", Safetensors.Type.I64),
        INT("IntStorage", "int32", Safetensors.Type.I32),
        SHORT("ShortStorage", "int16", Safetensors.Type.I16),
        CHAR("CharStorage", "int8", Safetensors.Type.I8),
        BYTE("ByteStorage", "uint8", Safetensors.Type.U8),
        BOOL("BoolStorage", "bool", Safetensors.Type.BOOL);

        private final String className;
        private final String label;
        private final Safetensors.Type type;

        Dtype(String className, String label, Safetensors.Type type) {
            this.className = className;
            this.label = label;
            this.type = type;
        }

        String label() {
            return label;
        }

        Safetensors.Type type() {
            return type;
        }

        private static Optional<Dtype> ofClass(String name) {
            for (Dtype dtype : values()) {
                if (name.equals("torch." + dtype.className) || name.equals("torch.cuda." + dtype.className)) {
                    return Optional.of(dtype);
                }
            }
            return Optional.empty();
        }
    }

    /**
     * Part of a storage, mostly all of it.
     *
     * @param key the storage's name in the file
     * @param dtype of its elements
     * @param size elements of the whole storage
     * @param start the part's first element
     * @param length elements of the part
     */
    record Storage(String key, Dtype dtype, long size, long start, long length) {}

    /** A tensor before its storage is there; see {@link StridedTensor}. */
    record View(Storage storage, int offset, List<Integer> shape, List<Integer> strides) {}

    private enum Function {
        ORDERED_DICT("collections.OrderedDict"),
        TENSOR("torch._utils._rebuild_tensor"),
        TENSOR_V2("torch._utils._rebuild_tensor_v2"),
        PARAMETER("torch._utils._rebuild_parameter"),
        SIZE("torch.Size");

        private final String name;

        Function(String name) {
            this.name = name;
        }
    }

    /** A list may be handed over time and again: its pairs count each time. */
    private static final int MAX_PAIRS = 100_000;

    private int pairs;
    private final Map<String, Storage> storages = new LinkedHashMap<>();

    /** All storages that were referred to, each as a whole, by key. */
    Map<String, Storage> storages() {
        return storages;
    }

    @Override
    public Object global(String name) {
        for (Function function : Function.values()) {
            if (function.name.equals(name)) {
                return function;
            }
        }
        return Dtype.ofClass(name)
                .orElseThrow(() -> new Refusal("a class that state dicts need", ModelFile.printable(name)));
    }

    @Override
    public Object call(Object callable, List<Object> arguments) {
        if (!(callable instanceof Function function)) {
            throw new Refusal("a function that state dicts call", "another value");
        }
        return switch (function) {
            case ORDERED_DICT -> orderedDict(arguments);
            case TENSOR, TENSOR_V2 -> tensor(arguments);
            case PARAMETER -> argument(arguments, 0, View.class);
            case SIZE -> argument(arguments, 0, Tuple.class);
        };
    }

    /** Python 3 puts the items in afterwards; Python 2 hands them over as a list of pairs. */
    private Object orderedDict(List<Object> arguments) {
        Map<Object, Object> dictionary = new LinkedHashMap<>();
        if (arguments.isEmpty()) {
            return dictionary;
        }
        for (Object pair : argument(arguments, 0, ArrayList.class)) {
            if (++pairs > MAX_PAIRS || !(pair instanceof List<?> items) || items.size() != 2) {
                throw new Refusal("at most " + MAX_PAIRS + " pairs of a key and a value", "more, or other values");
            }
            dictionary.put(argument(items, 0, String.class), items.get(1));
        }
        return dictionary;
    }

    private static View tensor(List<Object> arguments) {
        Storage storage = argument(arguments, 0, Storage.class);
        long offset = argument(arguments, 1, Long.class);
        List<Integer> shape = sizes(argument(arguments, 2, Tuple.class));
        List<Integer> strides = sizes(argument(arguments, 3, Tuple.class));
        if (offset < 0 || offset > Integer.MAX_VALUE) {
            throw new Refusal("an offset below 2^31", String.valueOf(offset));
        }
        return new View(storage, (int) offset, shape, strides);
    }

    private static List<Integer> sizes(Tuple tuple) {
        List<Integer> sizes = new ArrayList<>();
        for (Object item : tuple.items()) {
            boolean fits = item instanceof Long size && size >= 0 && size <= Integer.MAX_VALUE;
            if (!fits || sizes.size() == StridedTensor.MAX_DIMENSIONS) {
                throw new Refusal(
                        "up to " + StridedTensor.MAX_DIMENSIONS + " integers of 0 to " + Integer.MAX_VALUE, "others");
            }
            sizes.add(((Long) item).intValue());
        }
        return sizes;
    }

    /** {@code ('storage', class, key, device, size)}, in older files followed by None or {@code (key, start, length)}. */
    @Override
    public Object persistent(Object id) {
        if (!(id instanceof Tuple tuple) || !"storage".equals(argument(tuple.items(), 0, String.class))) {
            throw new Refusal("a reference to a storage", "one to something else");
        }
        List<Object> items = tuple.items();
        Dtype dtype = argument(items, 1, Dtype.class);
        String key = argument(items, 2, String.class);
        long size = argument(items, 4, Long.class);
        if (size < 0 || size > Integer.MAX_VALUE / dtype.type.bytes()) {
            throw new Refusal("a storage below 2 GiB", size + " elements");
        }
        Storage whole = new Storage(key, dtype, size, 0, size);
        Storage known = storages.putIfAbsent(key, whole);
        if (known != null && !known.equals(whole)) {
            throw new Refusal("storage " + ModelFile.printable(key) + " as before, of " + known.size + " " + known.dtype.label,
                    size + " " + dtype.label);
        }
        if (items.size() < 6 || items.get(5) == null) {
            return whole;
        }
        List<Object> part = argument(items, 5, Tuple.class).items();
        long start = argument(part, 1, Long.class);
        long length = argument(part, 2, Long.class);
        if (start < 0 || length < 0 || start > size - length) {
            throw new Refusal("a part of " + size + " elements", length + " from " + start);
        }
        return new Storage(key, dtype, size, start, length);
    }

    private static <T> T argument(List<?> arguments, int index, Class<T> type) {
        if (index < arguments.size() && type.isInstance(arguments.get(index))) {
            return type.cast(arguments.get(index));
        }
        throw new Refusal(
                "argument " + index + " to be a " + type.getSimpleName(), index < arguments.size() ? "another value" : "none");
    }
}
