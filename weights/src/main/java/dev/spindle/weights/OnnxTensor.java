package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.weights.schema.Onnx.StringStringEntryProto;
import dev.spindle.weights.schema.Onnx.TensorProto;
import dev.spindle.weights.schema.Onnx.TensorProto.DataLocation;
import dev.spindle.weights.schema.Onnx.TensorProto.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A constant of an ONNX model, stored in the file or beside it.
 *
 * @param file for messages
 * @param name for people
 * @param shape sizes, outermost first
 * @param proto type and values
 * @param beside the files beside the model
 */
record OnnxTensor(Path file, String name, List<Integer> shape, TensorProto proto, OnnxExternalData beside)
        implements Constant {

    private static final int MAX_RANK = 8;

    /** The element types that are read, by the schema's number. */
    private static final Map<Integer, Safetensors.Type> TYPES = Map.of(
            DataType.FLOAT_VALUE, Safetensors.Type.F32,
            DataType.DOUBLE_VALUE, Safetensors.Type.F64,
            DataType.FLOAT16_VALUE, Safetensors.Type.F16,
            DataType.BFLOAT16_VALUE, Safetensors.Type.BF16,
            DataType.INT32_VALUE, Safetensors.Type.I32,
            DataType.INT64_VALUE, Safetensors.Type.I64);

    /**
     * A constant.
     *
     * @throws InvalidInputException where its shape is absurd; values are looked at when they are asked for
     */
    static OnnxTensor of(Path file, String name, TensorProto proto, OnnxExternalData beside) {
        List<Long> sizes = proto.getDimsList();
        if (sizes.size() > MAX_RANK || sizes.stream().anyMatch(size -> size < 0 || size > Integer.MAX_VALUE)) {
            throw InvalidInputException.of(
                    file,
                    "tensor " + ModelFile.printable(name),
                    "a shape of at most " + MAX_RANK + " sizes of 0 to " + Integer.MAX_VALUE,
                    ModelFile.printable(sizes.toString()));
        }
        return new OnnxTensor(file, name, sizes.stream().map(Long::intValue).toList(), proto, beside);
    }

    /** Whether numbers of this type, by the schema's number, are numbers with a fraction. */
    static boolean isFloating(int type) {
        return type == DataType.FLOAT_VALUE
                || type == DataType.DOUBLE_VALUE
                || type == DataType.FLOAT16_VALUE
                || type == DataType.BFLOAT16_VALUE;
    }

    /** The schema's name of a type. */
    static String typeName(int type) {
        DataType found = DataType.forNumber(type);
        return found == null ? "type " + type : found.name();
    }

    @Override
    public String place() {
        return "tensor " + ModelFile.printable(name);
    }

    @Override
    public float[] floats() {
        if (!isFloating(proto.getDataType())) {
            throw wrong("floating-point values", typeName(proto.getDataType()));
        }
        Safetensors.Type type = TYPES.get(proto.getDataType());
        return new Safetensors.Tensor(type, shape, data(type)).floats();
    }

    /** The values of a tensor of integers, such as axes and paddings. */
    long[] integers() {
        Safetensors.Type type = TYPES.get(proto.getDataType());
        if (type != Safetensors.Type.I32 && type != Safetensors.Type.I64) {
            throw wrong("integers", typeName(proto.getDataType()));
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
        ByteBuffer data;
        if (proto.getDataLocation() == DataLocation.EXTERNAL) {
            Map<String, String> entries = new HashMap<>();
            for (StringStringEntryProto entry : proto.getExternalDataList()) {
                entries.put(entry.getKey(), entry.getValue());
            }
            data = beside.read(this, entries, type.bytesOf(shape));
        } else if (!proto.getRawData().isEmpty()) {
            data = proto.getRawData().asReadOnlyByteBuffer();
        } else {
            data = listed(type);
        }
        if (data.remaining() != type.bytesOf(shape)) {
            throw wrong(type + " values of shape " + shape, data.remaining() + " bytes");
        }
        return data.order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The elements of the list that the schema has for a type; those of 16 bits stand in integers. */
    private ByteBuffer listed(Safetensors.Type type) {
        int count = switch (type) {
            case F32 -> proto.getFloatDataCount();
            case F64 -> proto.getDoubleDataCount();
            case I64 -> proto.getInt64DataCount();
            default -> proto.getInt32DataCount();
        };
        long bytes = (long) count * type.bytes();
        if (bytes != type.bytesOf(shape)) {
            throw wrong(type + " values of shape " + shape, count + " values");
        }
        ByteBuffer data = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            switch (type) {
                case F32 -> data.putFloat(proto.getFloatData(i));
                case F64 -> data.putDouble(proto.getDoubleData(i));
                case I64 -> data.putLong(proto.getInt64Data(i));
                case I32 -> data.putInt(proto.getInt32Data(i));
                default -> data.putShort((short) proto.getInt32Data(i));
            }
        }
        return data.flip();
    }
}
