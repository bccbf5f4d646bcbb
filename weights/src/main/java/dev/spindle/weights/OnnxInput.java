package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.weights.schema.Onnx.GraphProto;
import dev.spindle.weights.schema.Onnx.TensorShapeProto.Dimension;
import dev.spindle.weights.schema.Onnx.ValueInfoProto;
import java.nio.file.Path;
import java.util.List;

/**
 * The picture that an ONNX graph takes.
 *
 * @param name of the value
 * @param order of its axes: NCHW, or NHWC in what is converted from TensorFlow
 * @param sizes of its axes; not positive where the model leaves them open
 */
record OnnxInput(String name, String order, List<Long> sizes) {

    private static final String CHANNELS_FIRST = "NCHW";
    private static final String CHANNELS_LAST = "NHWC";
    private static final int CHANNELS = 3;

    /**
     * Finds the only input.
     *
     * @param file for messages
     * @param constants older models list theirs among the inputs
     * @throws InvalidInputException where there are several, or it is no batch of pictures in floating point
     */
    static OnnxInput of(Path file, GraphProto graph, OnnxConstants constants) {
        List<ValueInfoProto> inputs =
                graph.getInputList().stream().filter(value -> !constants.isKnown(value.getName())).toList();
        if (inputs.size() != 1) {
            throw InvalidInputException.of(file, "inputs of the graph", "one", String.valueOf(inputs.size()));
        }
        ValueInfoProto input = inputs.getFirst();
        String place = "input " + ModelFile.printable(input.getName());
        int type = input.getType().getTensorType().getElemType();
        if (!OnnxTensor.isFloating(type)) {
            throw InvalidInputException.of(file, place, "an input in floating point", OnnxTensor.typeName(type));
        }
        boolean ranked = input.getType().getTensorType().hasShape();
        List<Long> sizes = input.getType().getTensorType().getShape().getDimList().stream()
                .map(Dimension::getDimValue)
                .toList();
        if (ranked && sizes.size() != CHANNELS_FIRST.length()) {
            throw InvalidInputException.of(
                    file, place, "an input of four axes", ModelFile.printable(sizes.toString()));
        }
        sizes = ranked ? sizes : List.of(0L, 0L, 0L, 0L);
        return new OnnxInput(input.getName(), order(graph, input.getName(), sizes), sizes);
    }

    /** The order of the input's axes: as the sizes tell, or else whether the model begins by changing it. */
    private static String order(GraphProto graph, String input, List<Long> sizes) {
        if (sizes.get(1) == CHANNELS || sizes.get(3) == CHANNELS) {
            return sizes.get(1) == CHANNELS ? CHANNELS_FIRST : CHANNELS_LAST;
        }
        boolean transposed = graph.getNodeList().stream()
                .anyMatch(node -> node.getOpType().equals("Transpose") && node.getInputList().contains(input));
        return transposed ? CHANNELS_LAST : CHANNELS_FIRST;
    }

    private long size(char axis) {
        return sizes.get(order.indexOf(axis));
    }

    /** Whether height or width is left open. */
    boolean isOpen() {
        return size('H') <= 0 || size('W') <= 0;
    }

    /** The input with assumptions for what is left open. */
    Graph.Input graphInput() {
        return Graph.Input.of(name, size('H'), size('W'), size('C'));
    }
}
