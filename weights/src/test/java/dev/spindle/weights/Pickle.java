package dev.spindle.weights;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes pickle streams, right ones and wrong ones. */
final class Pickle {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** A stream of protocol 2, as PyTorch writes it. */
    static Pickle protocol2() {
        return new Pickle().op(0x80).op(2);
    }

    Pickle op(int opcode) {
        bytes.write(opcode);
        return this;
    }

    private Pickle raw(byte[] more) {
        bytes.writeBytes(more);
        return this;
    }

    Pickle text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return op('X').raw(littleEndian(utf8.length)).raw(utf8);
    }

    /** Characters behind an opcode that takes them. */
    Pickle ascii(String value) {
        return raw(value.getBytes(StandardCharsets.US_ASCII));
    }

    Pickle integer(int value) {
        return op('J').raw(littleEndian(value));
    }

    Pickle big(BigInteger value) {
        byte[] big = value.toByteArray();
        op(0x8a).op(big.length);
        for (int i = big.length - 1; i >= 0; i--) {
            op(big[i]);
        }
        return this;
    }

    Pickle number(double value) {
        return op('G').raw(ByteBuffer.allocate(Double.BYTES).putDouble(value).array());
    }

    Pickle global(String module, String name) {
        return op('c').raw((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
    }

    Pickle tuple(List<Integer> values) {
        op('(');
        values.forEach(this::integer);
        return op('t');
    }

    /** An OrderedDict without items. */
    Pickle orderedDict() {
        return global("collections", "OrderedDict").op(')').op('R');
    }

    /** A reference to a storage. */
    Pickle storage(String className, String key, int size) {
        return op('(').text("storage").global("torch", className).text(key).text("cpu").integer(size).op('t').op('Q');
    }

    /** A tensor. */
    Pickle tensor(String className, String key, int size, int offset, List<Integer> shape, List<Integer> strides) {
        return global("torch._utils", "_rebuild_tensor_v2")
                .op('(')
                .storage(className, key, size)
                .integer(offset)
                .tuple(shape)
                .tuple(strides)
                .op(0x89)
                .orderedDict()
                .op('t')
                .op('R');
    }

    byte[] stop() {
        return op('.').bytes.toByteArray();
    }

    private static byte[] littleEndian(int value) {
        return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    }
}
