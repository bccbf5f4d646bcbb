package dev.spindle.weights;

/** The element types of TensorFlow Lite's published schema ({@code TensorType}), in its order. */
enum TfliteType {
    FLOAT32(4),
    FLOAT16(2),
    INT32(4),
    UINT8(1),
    INT64(8),
    STRING(0),
    BOOL(1),
    INT16(2),
    COMPLEX64(8),
    INT8(1),
    FLOAT64(8),
    COMPLEX128(16),
    UINT64(8),
    RESOURCE(0),
    VARIANT(0),
    UINT32(4),
    UINT16(2),
    INT4(0),
    BFLOAT16(2);

    private final int bytes;

    TfliteType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element; 0 where elements are not of whole bytes. */
    int bytes() {
        return bytes;
    }

    /** The smallest stored value of a quantised tensor of this type. */
    long smallest() {
        return switch (this) {
            case INT8 -> Byte.MIN_VALUE;
            case INT16 -> Short.MIN_VALUE;
            case INT32 -> Integer.MIN_VALUE;
            case INT64 -> Long.MIN_VALUE;
            default -> 0;
        };
    }

    /** The largest stored value of a quantised tensor of this type. */
    long largest() {
        return switch (this) {
            case UINT8 -> 255;
            case INT8 -> Byte.MAX_VALUE;
            case INT16 -> Short.MAX_VALUE;
            case INT32 -> Integer.MAX_VALUE;
            case INT64 -> Long.MAX_VALUE;
            default -> 0;
        };
    }
}
