package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.kernel.Quantisation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A TensorFlow Lite file's main graph, as the published schema lays it out (tensorflow/lite/schema/schema.fbs, version
 * 3): tensors with their quantisation, operators in execution order. All indices are checked.
 *
 * @param file for messages
 * @param description the file's own; may be empty
 * @param tensors by index
 * @param operators in execution order
 * @param input the index of the tensor that takes the picture
 * @param outputs the indices of the tensors that give results
 */
record TfliteModel(
        Path file,
        String description,
        List<TfliteTensor> tensors,
        List<TfliteOperator> operators,
        int input,
        int[] outputs) {

    /** What a file has at offset 4. */
    static final String IDENTIFIER = "TFL3";

    private static final int IDENTIFIER_OFFSET = 4;
    private static final int VERSION = 3;
    private static final int MAX_RANK = 8;

    /** Far above any network of this family; keeps a hostile file's tables small. */
    private static final int MAX_ENTRIES = 10_000;

    private static final class Slot {
        static final int MODEL_VERSION = 0;
        static final int MODEL_OPERATOR_CODES = 1;
        static final int MODEL_SUBGRAPHS = 2;
        static final int MODEL_DESCRIPTION = 3;
        static final int MODEL_BUFFERS = 4;

        static final int OPERATOR_CODE_DEPRECATED_BUILTIN = 0;
        static final int OPERATOR_CODE_CUSTOM = 1;
        static final int OPERATOR_CODE_BUILTIN = 3;

        static final int SUBGRAPH_TENSORS = 0;
        static final int SUBGRAPH_INPUTS = 1;
        static final int SUBGRAPH_OUTPUTS = 2;
        static final int SUBGRAPH_OPERATORS = 3;

        static final int TENSOR_SHAPE = 0;
        static final int TENSOR_TYPE = 1;
        static final int TENSOR_BUFFER = 2;
        static final int TENSOR_NAME = 3;
        static final int TENSOR_QUANTISATION = 4;
        static final int TENSOR_SPARSITY = 6;

        static final int QUANTISATION_SCALE = 2;
        static final int QUANTISATION_ZERO_POINT = 3;
        static final int QUANTISATION_AXIS = 6;

        static final int BUFFER_DATA = 0;

        static final int OPERATOR_CODE_INDEX = 0;
        static final int OPERATOR_INPUTS = 1;
        static final int OPERATOR_OUTPUTS = 2;
        static final int OPERATOR_OPTIONS_TYPE = 3;
        static final int OPERATOR_OPTIONS = 4;
        static final int OPERATOR_CUSTOM_OPTIONS = 5;
    }

    /** The index of the tensor that gives the only result. */
    int output() {
        return only(file, "outputs of the graph", outputs);
    }

    private static int only(Path file, String what, int[] found) {
        if (found.length != 1) {
            throw InvalidInputException.of(file, what, "one", String.valueOf(found.length));
        }
        return found[0];
    }

    /** Whether bytes carry the format's identifier. */
    static boolean isIdentified(ByteBuffer head) {
        byte[] identifier = IDENTIFIER.getBytes(StandardCharsets.US_ASCII);
        return head.remaining() >= IDENTIFIER_OFFSET + identifier.length
                && head.slice(head.position() + IDENTIFIER_OFFSET, identifier.length).equals(ByteBuffer.wrap(identifier));
    }

    /**
     * Reads a file's main graph.
     *
     * @param file for messages
     * @param content the whole file from position to limit; constants are views of it
     * @throws InvalidInputException where it is not what the schema says
     */
    static TfliteModel read(Path file, ByteBuffer content) {
        if (!isIdentified(content)) {
            byte[] found = new byte[Math.min(content.remaining(), IDENTIFIER_OFFSET + IDENTIFIER.length())];
            content.duplicate().get(found);
            throw InvalidInputException.of(
                    file,
                    "offset " + IDENTIFIER_OFFSET,
                    "the identifier " + IDENTIFIER + " of a TensorFlow Lite model",
                    found.length == 0
                            ? "an empty file"
                            : "a file that begins with \""
                                    + ModelFile.printable(new String(found, StandardCharsets.ISO_8859_1)) + "\"");
        }
        return new Parser(file).model(FlatTable.root(file, content));
    }

    private record Parser(Path file) {

        TfliteModel model(FlatTable root) {
            int version = root.intAt(Slot.MODEL_VERSION, 0);
            if (version != VERSION) {
                throw InvalidInputException.of(file, "schema version", String.valueOf(VERSION), String.valueOf(version));
            }
            List<FlatTable> subgraphs = entries(root, Slot.MODEL_SUBGRAPHS, "subgraphs");
            if (subgraphs.isEmpty()) {
                throw InvalidInputException.of(file, "subgraphs", "at least one", "none");
            }
            FlatTable graph = subgraphs.getFirst();
            List<FlatTable> buffers = entries(root, Slot.MODEL_BUFFERS, "buffers");
            List<TfliteTensor> tensors = new ArrayList<>();
            for (FlatTable table : entries(graph, Slot.SUBGRAPH_TENSORS, "tensors")) {
                tensors.add(tensor(table, buffers));
            }
            List<FlatTable> codes = entries(root, Slot.MODEL_OPERATOR_CODES, "operator codes");
            List<TfliteOperator> operators = new ArrayList<>();
            for (FlatTable table : entries(graph, Slot.SUBGRAPH_OPERATORS, "operators")) {
                operators.add(operator(operators.size(), table, codes, tensors.size()));
            }
            int[] inputs = indices("inputs of the graph", graph.ints(Slot.SUBGRAPH_INPUTS), tensors.size());
            return new TfliteModel(
                    file,
                    root.text(Slot.MODEL_DESCRIPTION),
                    tensors,
                    operators,
                    only(file, "inputs of the graph", inputs),
                    indices("outputs of the graph", graph.ints(Slot.SUBGRAPH_OUTPUTS), tensors.size()));
        }

        private static List<FlatTable> entries(FlatTable table, int slot, String what) {
            return table.tables(slot, what, MAX_ENTRIES);
        }

        private int[] indices(String what, int[] found, int tensors) {
            for (int tensor : found) {
                index(what, tensor, tensors);
            }
            return found;
        }

        private int index(String what, int index, int count) {
            if (index < 0 || index >= count) {
                throw InvalidInputException.of(file, what, "an index below " + count, String.valueOf(index));
            }
            return index;
        }

        private TfliteTensor tensor(FlatTable table, List<FlatTable> buffers) {
            String name = table.text(Slot.TENSOR_NAME);
            String place = "tensor " + ModelFile.printable(name);
            int[] sizes = table.ints(Slot.TENSOR_SHAPE);
            if (sizes.length > MAX_RANK || Arrays.stream(sizes).anyMatch(size -> size < 0)) {
                throw InvalidInputException.of(
                        file,
                        place,
                        "a shape of at most " + MAX_RANK + " sizes of at least 0",
                        ModelFile.printable(Arrays.toString(sizes)));
            }
            int type = table.byteAt(Slot.TENSOR_TYPE, 0);
            TfliteType[] types = TfliteType.values();
            if (type < 0 || type >= types.length) {
                throw InvalidInputException.of(file, place, "a type of 0 to " + (types.length - 1), String.valueOf(type));
            }
            int buffer = index(place + " buffer", table.intAt(Slot.TENSOR_BUFFER, 0), buffers.size());
            List<Integer> shape = Arrays.stream(sizes).boxed().toList();
            return new TfliteTensor(
                    file,
                    name,
                    types[type],
                    shape,
                    buffers.get(buffer).bytes(Slot.BUFFER_DATA),
                    table.table(Slot.TENSOR_QUANTISATION).flatMap(found -> quantisation(place, found, types[type], shape)),
                    table.has(Slot.TENSOR_SPARSITY));
        }

        private Optional<TfliteTensor.Quantisation> quantisation(
                String place, FlatTable table, TfliteType type, List<Integer> shape) {
            float[] scales = table.floats(Slot.QUANTISATION_SCALE);
            if (scales.length == 0 || type.largest() == 0) {
                return Optional.empty();
            }
            int axis = table.intAt(Slot.QUANTISATION_AXIS, 0);
            if (scales.length > 1 && (axis < 0 || axis >= shape.size() || shape.get(axis) != scales.length)) {
                throw InvalidInputException.of(
                        file, place, "one scale, or one for each index of an axis of " + shape,
                        scales.length + " scales for axis " + axis);
            }
            // Biases have the product of two scales.
            double largest = Quantisation.LARGEST_SCALE * (type.bytes() == 1 ? 1 : (double) Quantisation.LARGEST_SCALE);
            for (float scale : scales) {
                if (!(scale > 0 && scale <= largest)) {
                    throw InvalidInputException.of(
                            file, place, "scales above 0 and at most " + largest, String.valueOf(scale));
                }
            }
            long[] zeroPoints = table.longs(Slot.QUANTISATION_ZERO_POINT);
            if (zeroPoints.length != 0 && zeroPoints.length != scales.length) {
                throw InvalidInputException.of(
                        file, place, scales.length + " zero points", String.valueOf(zeroPoints.length));
            }
            for (long zeroPoint : zeroPoints) {
                if (zeroPoint < type.smallest() || zeroPoint > type.largest()) {
                    throw InvalidInputException.of(
                            file, place, "zero points that are values of " + type, String.valueOf(zeroPoint));
                }
            }
            return Optional.of(new TfliteTensor.Quantisation(
                    scales, zeroPoints.length == 0 ? new long[scales.length] : zeroPoints, axis));
        }

        private TfliteOperator operator(int position, FlatTable table, List<FlatTable> codes, int tensors) {
            String place = "operator " + position;
            FlatTable code =
                    codes.get(index(place + " code", table.intAt(Slot.OPERATOR_CODE_INDEX, 0), codes.size()));
            int[] inputs = table.ints(Slot.OPERATOR_INPUTS);
            for (int input : inputs) {
                if (input != TfliteOperator.ABSENT) {
                    index(place + " input", input, tensors);
                }
            }
            int[] outputs = indices(place + " output", table.ints(Slot.OPERATOR_OUTPUTS), tensors);
            // Codes above 126 stand in the newer field only, those below in both or in the older one.
            int builtin = Math.max(
                    code.byteAt(Slot.OPERATOR_CODE_DEPRECATED_BUILTIN, 0), code.intAt(Slot.OPERATOR_CODE_BUILTIN, 0));
            return new TfliteOperator(
                    file,
                    position,
                    builtin,
                    inputs,
                    outputs,
                    table.unsignedByteAt(Slot.OPERATOR_OPTIONS_TYPE, 0),
                    table.table(Slot.OPERATOR_OPTIONS),
                    code.text(Slot.OPERATOR_CODE_CUSTOM),
                    table.bytes(Slot.OPERATOR_CUSTOM_OPTIONS));
        }
    }
}
