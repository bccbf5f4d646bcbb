package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.weights.schema.TensorFlow.DataType;
import dev.spindle.weights.schema.TensorFlow.TensorProto;
import dev.spindle.weights.schema.TensorFlow.TensorShapeProto.Dim;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A constant of a frozen TensorFlow graph.
 *
 * @param file for messages
 * @param name the node's
 * @param shape sizes, outermost first
 * @param proto type and values
 */
record FrozenTensor(Path file, String name, List<Integer> shape, TensorProto proto) implements Constant {

    private static final int MAX_RANK = 8;

    /** The largest array that may be given by fewer values than it has: one value a channel, not a kernel. */
    private static final int MAX_REPEATED = 8192;

    private static final Map<DataType, Safetensors.Type> TYPES = Map.of(
            DataType.DT_FLOAT, Safetensors.Type.F32,
            DataType.DT_DOUBLE, Safetensors.Type.F64,
            DataType.DT_HALF, Safetensors.Type.F16,
            DataType.DT_BFLOAT16, Safetensors.Type.BF16,
            DataType.DT_INT32, Safetensors.Type.I32,
            DataType.DT_INT64, Safetensors.Type.I64);

    /**
     * A constant.
     *
     * @throws InvalidInputException where its shape is absurd; values are looked at when they are asked for
     */
    static FrozenTensor of(Path file, String name, TensorProto proto) {
        List<Long> sizes = proto.getTensorShape().getDimList().stream().map(Dim::getSize).toList();
        if (sizes.size() > MAX_RANK || sizes.stream().anyMatch(size -> size < 0 || size > Integer.MAX_VALUE)) {
            throw InvalidInputException.of(
                    file,
                    "node " + ModelFile.printable(name),
                    "a shape of at most " + MAX_RANK + " sizes of 0 to " + Integer.MAX_VALUE,
                    ModelFile.printable(sizes.toString()));
        }
        return new FrozenTensor(file, name, sizes.stream().map(Long::intValue).toList(), proto);
    }

    /** Whether numbers of this type are numbers with a fraction. */
    static boolean isFloating(DataType type) {
        Safetensors.Type found = TYPES.get(type);
        return found != null && found != Safetensors.Type.I32 && found != Safetensors.Type.I64;
    }

    @Override
    public String place() {
        return "node " + ModelFile.printable(name);
    }

    @Override
    public float[] floats() {
        if (!isFloating(proto.getDtype())) {
            throw wrong("floating-point values", proto.getDtype().toString());
        }
        Safetensors.Type type = TYPES.get(proto.getDtype());
        return new Safetensors.Tensor(type, shape, data(type)).floats();
    }

    /** The values of a tensor of integers, such as axes and paddings. */
    long[] integers() {
        Safetensors.Type type = TYPES.get(proto.getDtype());
        if (type == null || isFloating(proto.getDtype())) {
            throw wrong("integers", proto.getDtype().toString());
        }
        ByteBuffer data = data(type);
        long[] values = new long[data.remaining() / type.bytes()];
        for (int i = 0; i < values.length; i++) {
            values[i] = type == Safetensors.Type.I64 ? data.getLong() : data.getInt();
        }
        return values;
    }

    /** The elements, little-endian, as many as the shape says. */
    private ByteBuffer data(Safetensors.Type type) {
        long bytes = type.bytesOf(shape);
        if (!proto.getTensorContent().isEmpty()) {
            ByteBuffer data = proto.getTensorContent().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
            if (data.remaining() != bytes) {
                throw wrong(type + " values of shape " + shape, data.remaining() + " bytes");
            }
            return data;
        }
        int given = switch (type) {
            case F32 -> proto.getFloatValCount();
            case F64 -> proto.getDoubleValCount();
            case I32 -> proto.getIntValCount();
            case I64 -> proto.getInt64ValCount();
            default -> proto.getHalfValCount();
        };
        long count = bytes / type.bytes();
        if (given > count || (given < count && count > MAX_REPEATED)) {
            throw wrong(type + " values of shape " + shape, given + " values");
        }
        ByteBuffer data = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count && given > 0; i++) {
            // The last value stands for all behind it, and none for zeros.
            int from = Math.min(i, given - 1);
            switch (type) {
                case F32 -> data.putFloat(proto.getFloatVal(from));
                case F64 -> data.putDouble(proto.getDoubleVal(from));
                case I32 -> data.putInt(proto.getIntVal(from));
                case I64 -> data.putLong(proto.getInt64Val(from));
                default -> data.putShort((short) proto.getHalfVal(from));
            }
        }
        return data.rewind();
    }
}
