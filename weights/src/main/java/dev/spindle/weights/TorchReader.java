package dev.spindle.weights;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads MobileNetV2 from what {@code torch.save} makes of a state dict (torch/serialization.py): since PyTorch 1.6 a zip file
 * with a pickle and the storages beside it, before that a stream of five pickles and the storages behind them. A checkpoint
 * that holds the state dict under a usual key is read, too. Nothing in the file is executed; see {@link Unpickler}.
 */
final class TorchReader {

    private static final String FORMAT = "PyTorch";
    private static final BigInteger MAGIC_NUMBER = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long LEGACY_PROTOCOL = 1001;
    /** How far from the start the magic number may be: behind a protocol and a frame's length. */
    private static final int MAGIC_REACH = 16;

    private static final String PICKLE = "data.pkl";
    /** The keys under which training scripts keep the state dict. */
    private static final List<String> WRAPPERS = List.of("state_dict", "model_state_dict", "model", "net");

    /** Values may be shared: reading them all may take this many more than the storages hold. */
    private static final long SHARED_ALLOWANCE = 4L << 20;

    private final Path file;
    private final TorchPickle pickle = new TorchPickle();
    private final Map<String, ByteBuffer> storages = new HashMap<>();
    private long allowance = SHARED_ALLOWANCE;

    private TorchReader(Path file) {
        this.file = file;
    }

    /** Whether a content is a stream that begins with the magic number, or a zip file with a pickle of state. */
    static boolean recognises(Path file, ByteBuffer content) {
        return isLegacy(content)
                || ZipContent.isZip(content) && pickleEntry(ZipContent.open(file, content)).isPresent();
    }

    static Checkpoint read(Path file, ByteBuffer content) {
        TorchReader reader = new TorchReader(file);
        Object root = isLegacy(content) ? reader.readLegacy(content.slice()) : reader.readZip(ZipContent.open(file, content));
        return reader.checkpoint(root);
    }

    private static boolean isLegacy(ByteBuffer content) {
        byte[] magic = MAGIC_NUMBER.toByteArray();
        byte[] opcode = new byte[2 + magic.length];
        opcode[0] = (byte) 0x8a;
        opcode[1] = (byte) magic.length;
        for (int i = 0; i < magic.length; i++) {
            opcode[2 + i] = magic[magic.length - 1 - i];
        }
        int last = Math.min(MAGIC_REACH, content.remaining() - opcode.length);
        for (int start = 0; start <= last; start++) {
            if (content.slice(content.position() + start, opcode.length).equals(ByteBuffer.wrap(opcode))) {
                return content.get(content.position()) == (byte) 0x80;
            }
        }
        return false;
    }

    private static Optional<String> pickleEntry(ZipContent zip) {
        return zip.names().stream()
                .filter(name -> name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length() - 1)
                .findFirst();
    }

    private Object readZip(ZipContent zip) {
        String entry = pickleEntry(zip)
                .orElseThrow(() -> InvalidInputException.of(file, "zip directory", "an entry " + PICKLE, "none"));
        String folder = entry.substring(0, entry.length() - PICKLE.length());
        Object root = Unpickler.load(file, entry + " ", zip.read(entry), pickle);
        ByteOrder order = byteOrder(zip, folder + "byteorder");
        pickle.storages().forEach((key, storage) -> {
            String name = folder + "data/" + key;
            if (!zip.names().contains(name)) {
                throw InvalidInputException.of(file, "storage " + ModelFile.printable(key), "an entry "
                        + ModelFile.printable(name), "none");
            }
            ByteBuffer bytes = zip.read(name);
            long size = storage.size() * storage.dtype().type().bytes();
            if (bytes.remaining() < size) {
                throw InvalidInputException.of(
                        file, "entry " + ModelFile.printable(name), size + " bytes", bytes.remaining() + " bytes");
            }
            storages.put(key, bytes.slice(0, (int) size).order(order));
        });
        return root;
    }

    /** Files of PyTorch before 2.1 do not say; they were little-endian wherever this was of note. */
    private ByteOrder byteOrder(ZipContent zip, String name) {
        if (!zip.names().contains(name)) {
            return ByteOrder.LITTLE_ENDIAN;
        }
        String order = StandardCharsets.US_ASCII.decode(zip.read(name)).toString();
        return switch (order) {
            case "little" -> ByteOrder.LITTLE_ENDIAN;
            case "big" -> ByteOrder.BIG_ENDIAN;
            default -> throw InvalidInputException.of(
                    file, "entry " + ModelFile.printable(name), "little or big", ModelFile.printable(order));
        };
    }

    private Object readLegacy(ByteBuffer content) {
        expect("magic number", MAGIC_NUMBER, load(content));
        expect("protocol", LEGACY_PROTOCOL, load(content));
        Object system = load(content);
        // Storages are said to be little-endian always, but there is no file of another machine to see it by.
        expect("little_endian", true, system instanceof Map<?, ?> facts ? facts.get("little_endian") : null);
        Object root = load(content);
        if (!(load(content) instanceof List<?> keys)) {
            throw InvalidInputException.of(file, "offset " + content.position(), "a list of storages", "another value");
        }
        for (Object key : keys) {
            TorchPickle.Storage storage = key instanceof String name ? pickle.storages().get(name) : null;
            if (storage == null) {
                throw InvalidInputException.of(
                        file, "list of storages", "storages of tensors", ModelFile.printable(kind(key)));
            }
            storages.put(storage.key(), legacyStorage(content, storage));
        }
        return root;
    }

    private Object load(ByteBuffer content) {
        return Unpickler.load(file, "", content, pickle);
    }

    private void expect(String what, Object expected, Object found) {
        if (!expected.equals(found)) {
            throw InvalidInputException.of(file, what, expected.toString(), ModelFile.printable(kind(found)));
        }
    }

    /** A value for a message; a list or map might contain itself. */
    private static String kind(Object value) {
        boolean plain = value instanceof Boolean || value instanceof Number || value instanceof String;
        return plain ? value.toString() : "another value";
    }

    private ByteBuffer legacyStorage(ByteBuffer content, TorchPickle.Storage storage) {
        int start = content.position();
        int bytes = (int) storage.size() * storage.dtype().type().bytes();
        try {
            long size = content.order(ByteOrder.LITTLE_ENDIAN).getLong();
            if (size != storage.size()) {
                throw InvalidInputException.of(
                        file, "offset " + start, storage.size() + " elements of storage " + ModelFile.printable(storage.key()),
                        String.valueOf(size));
            }
            if (bytes > content.remaining()) {
                throw new BufferUnderflowException();
            }
        } catch (BufferUnderflowException e) {
            throw new InvalidInputException(
                    file + ": offset " + start + ": expected 8 bytes of size and " + bytes + " bytes of storage "
                            + ModelFile.printable(storage.key()) + ", found " + (content.limit() - start) + " bytes",
                    e);
        }
        ByteBuffer data = content.slice(content.position(), bytes).order(ByteOrder.LITTLE_ENDIAN);
        content.position(content.position() + bytes);
        return data;
    }

    private Checkpoint checkpoint(Object root) {
        if (!(root instanceof Map<?, ?> dictionary)) {
            throw InvalidInputException.of(file, "pickle", "a dictionary of tensors", "another value");
        }
        storages.values().forEach(storage -> allowance += storage.remaining());
        for (String wrapper : WRAPPERS) {
            if (dictionary.get(wrapper) instanceof Map<?, ?> wrapped) {
                return checkpoint(wrapped, List.of("state dict: " + wrapper));
            }
        }
        return checkpoint(dictionary, List.of());
    }

    private Checkpoint checkpoint(Map<?, ?> state, List<String> notes) {
        Map<String, MapSource.Array> arrays = new LinkedHashMap<>();
        state.forEach((key, value) -> {
            if (key instanceof String name && value instanceof TorchPickle.View view) {
                arrays.put(name, new Tensor(name, view, tensor(name, view)));
            }
        });
        MapSource source = new MapSource(file, arrays);
        return TorchModel.read(FORMAT, source, SafetensorsMetadata.none(file), notes, source.table());
    }

    private StridedTensor tensor(String name, TorchPickle.View view) {
        TorchPickle.Storage part = view.storage();
        ByteBuffer whole = storages.get(part.key());
        if (whole == null) {
            throw InvalidInputException.of(
                    file, "tensor " + ModelFile.printable(name), "storage " + ModelFile.printable(part.key()), "none");
        }
        int bytes = part.dtype().type().bytes();
        ByteBuffer storage =
                whole.slice((int) part.start() * bytes, (int) part.length() * bytes).order(whole.order());
        try {
            return new StridedTensor(part.dtype().type(), storage, view.offset(), view.shape(), view.strides());
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException(file + ": tensor " + ModelFile.printable(name) + ": " + e.getMessage(), e);
        }
    }

    private final class Tensor implements MapSource.Array {

        private final String name;
        private final TorchPickle.View view;
        private final StridedTensor values;

        Tensor(String name, TorchPickle.View view, StridedTensor values) {
            this.name = name;
            this.view = view;
            this.values = values;
        }

        @Override
        public String type() {
            return view.storage().dtype().label();
        }

        @Override
        public List<Integer> shape() {
            return values.shape();
        }

        @Override
        public float[] floats() {
            allowance -= values.size();
            if (allowance < 0) {
                throw InvalidInputException.of(
                        file,
                        "tensor " + ModelFile.printable(name),
                        "no more than " + SHARED_ALLOWANCE + " values in shared storages",
                        "more");
            }
            return values.floats();
        }
    }
}
