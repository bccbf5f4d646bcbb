package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.network.Activation;
import dev.spindle.network.Sampling;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An operator of a TensorFlow Lite graph.
 *
 * @param file for messages
 * @param position in execution order
 * @param code the schema's {@code BuiltinOperator}
 * @param inputs indices of tensors; {@link #ABSENT} for an optional one that is not there
 * @param outputs indices of tensors
 * @param optionsType the schema's {@code BuiltinOptions}
 * @param options the operator's parameters; empty where there are none
 * @param customCode the name of a {@link #CUSTOM} operator
 * @param customOptions its parameters, in a form of its own
 */
record TfliteOperator(
        Path file,
        int position,
        int code,
        int[] inputs,
        int[] outputs,
        int optionsType,
        Optional<FlatTable> options,
        String customCode,
        ByteBuffer customOptions) {

    static final int ABSENT = -1;

    static final int ADD = 0;
    static final int AVERAGE_POOL_2D = 1;
    static final int CONCATENATION = 2;
    static final int CONV_2D = 3;
    static final int DEPTHWISE_CONV_2D = 4;
    static final int DEQUANTIZE = 6;
    static final int FULLY_CONNECTED = 9;
    static final int LOGISTIC = 14;
    static final int RELU = 19;
    static final int RELU6 = 21;
    static final int RESHAPE = 22;
    static final int RESIZE_BILINEAR = 23;
    static final int SOFTMAX = 25;
    static final int CUSTOM = 32;
    static final int PAD = 34;
    static final int BATCH_TO_SPACE_ND = 37;
    static final int SPACE_TO_BATCH_ND = 38;
    static final int MEAN = 40;
    static final int SQUEEZE = 43;
    static final int ARG_MAX = 56;
    static final int QUANTIZE = 114;

    /** The schema's names of {@code BuiltinOperator}, 0 first. */
    private static final List<String> NAMES = List.of("""
            ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR
            FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC
            LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX
            SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD
            UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE
            UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE
            BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL
            LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT
            RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT
            UNPACK REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR
            LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK
            ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE NON_MAX_SUPPRESSION_V4
            NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL
            """.strip().split("\\s+"));

    /** The schema's {@code BuiltinOptions} whose fields are read here. */
    private static final int CONV_2D_OPTIONS = 1;
    private static final int DEPTHWISE_CONV_2D_OPTIONS = 2;
    private static final int POOL_2D_OPTIONS = 5;
    private static final int FULLY_CONNECTED_OPTIONS = 8;
    private static final int SOFTMAX_OPTIONS = 9;
    private static final int CONCATENATION_OPTIONS = 10;
    private static final int ADD_OPTIONS = 11;
    private static final int RESIZE_BILINEAR_OPTIONS = 15;

    private static final int SAME = 0;
    private static final int VALID = 1;

    /**
     * The parameters of a convolution.
     *
     * @param same whether it pads as TensorFlow's SAME; if not, it is VALID and does not pad
     * @param stride of both axes
     * @param dilation of both axes
     * @param activation fused to it
     */
    record Convolution(boolean same, int stride, int dilation, Activation activation) {}

    /**
     * The parameters of a pool.
     *
     * @param same as in {@link Convolution}
     */
    record Pool(boolean same, int strideWidth, int strideHeight, int filterWidth, int filterHeight) {}

    /** The operator's place in messages. */
    String place() {
        return "operator " + position + " " + name();
    }

    /** The schema's name. */
    String name() {
        return code >= 0 && code < NAMES.size() ? NAMES.get(code) : "of code " + code;
    }

    /** What is at fault here. */
    InvalidInputException wrong(String expected, String found) {
        return InvalidInputException.of(file, place(), expected, found);
    }

    /** The index of an input that has to be there. */
    int input(int number) {
        if (number >= inputs.length || inputs[number] == ABSENT) {
            throw wrong("an input " + number, "none");
        }
        return inputs[number];
    }

    /** The index of the only output. */
    int output() {
        if (outputs.length != 1) {
            throw wrong("one output", String.valueOf(outputs.length));
        }
        return outputs[0];
    }

    /** The parameters of a {@link #CONV_2D}. */
    Convolution convolution() {
        FlatTable table = options(CONV_2D_OPTIONS);
        return new Convolution(
                isSame(table.byteAt(0, SAME)),
                both("stride", table.intAt(1, 0), table.intAt(2, 0)),
                both("dilation", table.intAt(4, 1), table.intAt(5, 1)),
                activation(table.byteAt(3, 0)));
    }

    /** The parameters of a {@link #DEPTHWISE_CONV_2D}; its depth multiplier shows in the shape of its kernel. */
    Convolution depthwiseConvolution() {
        FlatTable table = options(DEPTHWISE_CONV_2D_OPTIONS);
        return new Convolution(
                isSame(table.byteAt(0, SAME)),
                both("stride", table.intAt(1, 0), table.intAt(2, 0)),
                both("dilation", table.intAt(5, 1), table.intAt(6, 1)),
                activation(table.byteAt(4, 0)));
    }

    /** The parameters of an {@link #AVERAGE_POOL_2D}. */
    Pool pool() {
        FlatTable table = options(POOL_2D_OPTIONS);
        requireLinear(table.byteAt(5, 0));
        return new Pool(
                isSame(table.byteAt(0, SAME)), table.intAt(1, 0), table.intAt(2, 0), table.intAt(3, 0), table.intAt(4, 0));
    }

    /** Checks that a {@link #CONCATENATION} joins the channels of two maps. */
    void requireJoinedChannels() {
        FlatTable table = options(CONCATENATION_OPTIONS);
        requireLinear(table.byteAt(1, 0));
        int axis = table.intAt(0, 0);
        if (inputs.length != 2 || axis != 3 && axis != -1) {
            throw wrong("two inputs along axis 3", inputs.length + " along axis " + axis);
        }
    }

    /** Where a {@link #RESIZE_BILINEAR} takes the pixels of its result from. */
    Sampling sampling() {
        FlatTable table = options(RESIZE_BILINEAR_OPTIONS);
        boolean corners = table.byteAt(2, 0) != 0;
        boolean halves = table.byteAt(3, 0) != 0;
        if (corners && halves) {
            throw wrong("aligned corners or half-pixel centres", "both");
        }
        return corners ? Sampling.ALIGN_CORNERS : halves ? Sampling.HALF_PIXEL : Sampling.ASYMMETRIC;
    }

    /** Checks that a {@link #CONCATENATION} joins predictions along the axis behind the batch. */
    void requireJoinedRows() {
        FlatTable table = options(CONCATENATION_OPTIONS);
        requireLinear(table.byteAt(1, 0));
        if (inputs.length == 0 || table.intAt(0, 0) != 1) {
            throw wrong("predictions along axis 1", inputs.length + " along axis " + table.intAt(0, 0));
        }
    }

    /** Checks that an {@link #ADD} is nothing but a sum of two tensors. */
    void requirePlainSum() {
        if (inputs.length != 2) {
            throw wrong("two inputs", String.valueOf(inputs.length));
        }
        requireLinear(options(ADD_OPTIONS).byteAt(0, 0));
    }

    /** Checks that a {@link #FULLY_CONNECTED} is a matrix product, row-major. */
    void requirePlainProduct() {
        FlatTable table = options(FULLY_CONNECTED_OPTIONS);
        requireLinear(table.byteAt(0, 0));
        if (table.byteAt(1, 0) != 0) {
            throw wrong("weights format 0", String.valueOf(table.byteAt(1, 0)));
        }
    }

    /** Checks that a {@link #SOFTMAX} does not scale. */
    void requirePlainSoftmax() {
        float beta = options(SOFTMAX_OPTIONS).floatAt(0, 0);
        if (beta != 1) {
            throw wrong("beta 1", String.valueOf(beta));
        }
    }

    private FlatTable options(int type) {
        if (optionsType != type) {
            throw wrong("options of type " + type, optionsType == 0 ? "none" : String.valueOf(optionsType));
        }
        return options.orElseThrow(() -> wrong("options", "none"));
    }

    private boolean isSame(int padding) {
        if (padding != SAME && padding != VALID) {
            throw wrong("padding 0 or 1", String.valueOf(padding));
        }
        return padding == SAME;
    }

    private int both(String what, int alongWidth, int alongHeight) {
        if (alongWidth != alongHeight) {
            throw wrong("one " + what + " for both axes", alongWidth + " and " + alongHeight);
        }
        return alongWidth;
    }

    private Activation activation(int function) {
        return switch (function) {
            case 0 -> Activation.LINEAR;
            case 1 -> Activation.RELU;
            case 3 -> Activation.RELU6;
            default -> throw wrong("a fused activation NONE (0), RELU (1) or RELU6 (3)", String.valueOf(function));
        };
    }

    private void requireLinear(int function) {
        if (activation(function) != Activation.LINEAR) {
            throw wrong("no fused activation", activation(function).toString());
        }
    }
}
