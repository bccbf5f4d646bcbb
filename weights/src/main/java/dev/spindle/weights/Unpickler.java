package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads Python's pickle streams (docs.python.org/3/library/pickletools.html) of protocols 2 to 5, as far as data need them.
 * Nothing is ever executed: what a stream calls must be known to the {@link Host}, which answers with data.
 *
 * <p>Python's values become {@code null}, {@link Boolean}, {@link Long}, {@link BigInteger}, {@link Double}, {@link String},
 * {@link Tuple}, {@link ArrayList}, {@link LinkedHashMap} with keys that are strings or integers, and what the host makes.
 * Lists and maps may contain themselves.
 */
final class Unpickler {

    /** Python's tuple. */
    record Tuple(List<Object> items) {}

    /** What a stream may refer to by name. Each method throws {@link Refusal} for what it does not know. */
    interface Host {

        /**
         * A class or function.
         *
         * @param name with its module, such as {@code collections.OrderedDict}
         */
        Object global(String name);

        /**
         * The result of a call.
         *
         * @param callable one that {@link #global} gave, or any other value that the stream took for one
         * @param arguments of the call
         */
        Object call(Object callable, List<Object> arguments);

        /** What a persistent id stands for. */
        Object persistent(Object id);
    }

    /** Why the host does not go on. */
    static final class Refusal extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final String expected;
        private final String found;

        Refusal(String expected, String found) {
            super("expected " + expected + ", found " + found);
            this.expected = expected;
            this.found = found;
        }
    }

    /** Bounds the stack, the memo and all that is built, since no opcode builds more than one object. */
    private static final int MAX_OPCODES = 1 << 20;
    private static final int MAX_LINE = 256;
    private static final int HIGHEST_PROTOCOL = 5;

    private final Path file;
    private final String stream;
    private final ByteBuffer bytes;
    private final Host host;
    private final List<Object> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();
    private int opcodeAt;

    private Unpickler(Path file, String stream, ByteBuffer bytes, Host host) {
        this.file = file;
        this.stream = stream;
        this.bytes = bytes;
        this.host = host;
    }

    /**
     * Reads one pickle.
     *
     * @param file for messages
     * @param stream what is read, for messages, with a space behind it; empty for the file itself
     * @param bytes from the pickle's first byte on; afterwards the position is behind its last
     * @param host what the pickle may refer to
     * @return the value
     * @throws InvalidInputException where the stream is damaged, or asks for what the host or this machine does not know
     */
    static Object load(Path file, String stream, ByteBuffer bytes, Host host) {
        return new Unpickler(file, stream, bytes.order(ByteOrder.LITTLE_ENDIAN), host).run();
    }

    private Object run() {
        try {
            for (int opcodes = 0; opcodes < MAX_OPCODES; opcodes++) {
                opcodeAt = bytes.position();
                int opcode = unsigned(1);
                if (opcode == '.') {
                    return pop();
                }
                execute(opcode);
            }
            throw new Refusal("a pickle of at most " + MAX_OPCODES + " opcodes", "more");
        } catch (Refusal e) {
            throw new InvalidInputException(
                    InvalidInputException.of(file, stream + "offset " + opcodeAt, e.expected, e.found).getMessage(), e);
        } catch (BufferUnderflowException e) {
            throw new InvalidInputException(
                    file + ": " + stream + "offset " + opcodeAt + ": expected a whole pickle, found its end", e);
        }
    }

    private void execute(int opcode) {
        switch (opcode) {
            case 0x80 -> requireProtocol(unsigned(1));
            case 0x95 -> bytes.getLong(); // A frame's length, which only helps to read ahead.
            case '(' -> marks.add(stack.size());
            case 'N' -> stack.add(null);
            case 0x88 -> stack.add(true);
            case 0x89 -> stack.add(false);
            case 'K' -> stack.add((long) unsigned(1));
            case 'M' -> stack.add((long) unsigned(2));
            case 'J' -> stack.add((long) bytes.getInt());
            case 0x8a -> stack.add(integer(unsigned(1)));
            case 'G' -> stack.add(Double.longBitsToDouble(Long.reverseBytes(bytes.getLong())));
            case 'U', 0x8c -> stack.add(text(unsigned(1)));
            case 'T', 'X' -> stack.add(text(unsigned(4)));
            case ')' -> stack.add(new Tuple(List.of()));
            case 't' -> stack.add(new Tuple(popMarked()));
            case 0x85 -> stack.add(new Tuple(pop(1)));
            case 0x86 -> stack.add(new Tuple(pop(2)));
            case 0x87 -> stack.add(new Tuple(pop(3)));
            case ']' -> stack.add(new ArrayList<>());
            case 'a' -> append(pop(1));
            case 'e' -> append(popMarked());
            case '}' -> stack.add(new LinkedHashMap<>());
            case 's' -> put(pop(2));
            case 'u' -> put(popMarked());
            case 'q' -> memo.put(unsigned(1), peek());
            case 'r' -> memo.put(unsigned(4), peek());
            case 0x94 -> memo.put(memo.size(), peek());
            case 'h' -> stack.add(memoised(unsigned(1)));
            case 'j' -> stack.add(memoised(unsigned(4)));
            case 'c' -> stack.add(host.global(line() + "." + line()));
            case 0x93 -> stack.add(stackGlobal(pop(2)));
            case 'Q' -> stack.add(host.persistent(pop()));
            case 'R' -> call(pop(2));
            case 'b' -> build(pop(2));
            default -> throw new Refusal("an opcode that data need", String.format("0x%02x", opcode));
        }
    }

    private static void requireProtocol(int protocol) {
        if (protocol > HIGHEST_PROTOCOL) {
            throw new Refusal("a protocol of at most " + HIGHEST_PROTOCOL, String.valueOf(protocol));
        }
    }

    private int unsigned(int size) {
        int value = switch (size) {
            case 1 -> Byte.toUnsignedInt(bytes.get());
            case 2 -> Short.toUnsignedInt(bytes.getShort());
            default -> bytes.getInt();
        };
        if (value < 0) {
            throw new Refusal("a size below 2 GiB", Integer.toUnsignedString(value));
        }
        return value;
    }

    private byte[] take(int length) {
        if (length > bytes.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] taken = new byte[length];
        bytes.get(taken);
        return taken;
    }

    private String text(int length) {
        return new String(take(length), StandardCharsets.UTF_8);
    }

    /** Two's complement, little-endian; no bytes are 0. */
    private Object integer(int length) {
        byte[] big = take(length);
        if (length == 0) {
            return 0L;
        }
        for (int i = 0; i < length / 2; i++) {
            byte swapped = big[i];
            big[i] = big[length - 1 - i];
            big[length - 1 - i] = swapped;
        }
        BigInteger value = new BigInteger(big);
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private String line() {
        StringBuilder line = new StringBuilder();
        for (byte next = bytes.get(); next != '\n'; next = bytes.get()) {
            line.append((char) Byte.toUnsignedInt(next));
            if (line.length() > MAX_LINE) {
                throw new Refusal("a name of at most " + MAX_LINE + " bytes", ModelFile.printable(line.toString()));
            }
        }
        return line.toString();
    }

    private Object stackGlobal(List<Object> names) {
        if (names.get(0) instanceof String module && names.get(1) instanceof String name) {
            return host.global(module + "." + name);
        }
        throw new Refusal("a module and a name", "other values");
    }

    private Object pop() {
        return pop(1).getFirst();
    }

    /** Takes what lies above the last mark, and at most that. */
    private List<Object> pop(int count) {
        int bottom = marks.isEmpty() ? 0 : marks.getLast();
        if (stack.size() - count < bottom) {
            throw new Refusal(count + " on the stack", String.valueOf(stack.size() - bottom));
        }
        return popFrom(stack.size() - count);
    }

    private List<Object> popMarked() {
        if (marks.isEmpty()) {
            throw new Refusal("a mark on the stack", "none");
        }
        return popFrom(marks.removeLast());
    }

    /** A list that takes null. */
    private List<Object> popFrom(int bottom) {
        List<Object> top = stack.subList(bottom, stack.size());
        List<Object> taken = Collections.unmodifiableList(new ArrayList<>(top));
        top.clear();
        return taken;
    }

    private Object peek() {
        Object top = pop();
        stack.add(top);
        return top;
    }

    private Object memoised(int index) {
        if (!memo.containsKey(index)) {
            throw new Refusal("a value in the memo at " + index, "none");
        }
        return memo.get(index);
    }

    @SuppressWarnings("unchecked")
    private void append(List<Object> values) {
        if (!(peek() instanceof ArrayList<?> list)) {
            throw new Refusal("a list to append to", "another value");
        }
        ((ArrayList<Object>) list).addAll(values);
    }

    private void put(List<Object> keysAndValues) {
        Object target = peek();
        if (!(target instanceof LinkedHashMap<?, ?>) || keysAndValues.size() % 2 != 0) {
            throw new Refusal("a dictionary with keys and values to put into it", "other values");
        }
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            put(target, keysAndValues.get(i), keysAndValues.get(i + 1));
        }
    }

    /** Other keys than these could contain themselves, and have no hash code then. */
    @SuppressWarnings("unchecked")
    private static void put(Object map, Object key, Object value) {
        if (!(key instanceof String) && !(key instanceof Long) && !(key instanceof BigInteger)) {
            throw new Refusal("a key that is a string or an integer", "another value");
        }
        ((LinkedHashMap<Object, Object>) map).put(key, value);
    }

    private void call(List<Object> callableAndArguments) {
        if (!(callableAndArguments.get(1) instanceof Tuple arguments)) {
            throw new Refusal("a tuple of arguments", "another value");
        }
        stack.add(host.call(callableAndArguments.get(0), arguments.items));
    }

    /** A dictionary may have attributes, which are not part of it; state dicts keep versions there. */
    private void build(List<Object> objectAndState) {
        if (!(objectAndState.get(0) instanceof LinkedHashMap<?, ?>)) {
            throw new Refusal("a dictionary that is given attributes", "another value");
        }
        stack.add(objectAndState.get(0));
    }
}
