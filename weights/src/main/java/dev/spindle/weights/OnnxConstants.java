package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.weights.schema.Onnx.AttributeProto;
import dev.spindle.weights.schema.Onnx.GraphProto;
import dev.spindle.weights.schema.Onnx.TensorProto;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is known of an ONNX graph without running it: constants, which initialisers and nodes hold, and values that only
 * say how others are shaped, which nobody needs to know.
 */
final class OnnxConstants {

    private final Path file;
    private final OnnxExternalData beside;
    private final List<OnnxTensor> stored = new ArrayList<>();
    private final Map<String, Constant> constants = new HashMap<>();
    private final Set<String> shapes = new HashSet<>();

    /**
     * Starts with the initialisers.
     *
     * @param file for messages, and for where to find external data
     * @throws InvalidInputException where one has an absurd shape
     */
    OnnxConstants(Path file, GraphProto graph) {
        this.file = file;
        this.beside = new OnnxExternalData(file);
        for (TensorProto tensor : graph.getInitializerList()) {
            OnnxTensor constant = OnnxTensor.of(file, tensor.getName(), tensor, beside);
            stored.add(constant);
            constants.put(tensor.getName(), constant);
        }
    }

    /** The initialisers, in the file's order. */
    List<OnnxTensor> stored() {
        return stored;
    }

    /** Whether a name is that of a constant, or of nothing. */
    boolean isKnown(String name) {
        return name.isEmpty() || constants.containsKey(name);
    }

    /** Whether a name is that of a constant, of a shape, or of nothing: of no data. */
    boolean isNoData(String name) {
        return isKnown(name) || shapes.contains(name);
    }

    /**
     * Takes a node that makes constants or shapes.
     *
     * @param node the nodes before it have been offered
     * @return false where it makes data
     */
    boolean take(OnnxNode node) {
        if (node.is("Constant")) {
            constants.put(node.output(), constant(node));
        } else if (node.inputs().stream().allMatch(this::isKnown)) {
            fold(node);
        } else if (node.is("Shape") || node.inputs().stream().allMatch(this::isNoData)) {
            shapes.addAll(node.outputs());
        } else {
            return false;
        }
        return true;
    }

    private Constant constant(OnnxNode node) {
        TensorProto.Builder scalar = TensorProto.newBuilder();
        for (AttributeProto attribute : node.attributes()) {
            switch (attribute.getName()) {
                case "value" -> {
                    return OnnxTensor.of(file, node.output(), attribute.getT(), beside);
                }
                case "value_float" -> scalar.setDataType(TensorProto.DataType.FLOAT_VALUE).addFloatData(attribute.getF());
                case "value_floats" -> scalar.setDataType(TensorProto.DataType.FLOAT_VALUE)
                        .addDims(attribute.getFloatsCount())
                        .addAllFloatData(attribute.getFloatsList());
                case "value_int" -> scalar.setDataType(TensorProto.DataType.INT64_VALUE).addInt64Data(attribute.getI());
                case "value_ints" -> scalar.setDataType(TensorProto.DataType.INT64_VALUE)
                        .addDims(attribute.getIntsCount())
                        .addAllInt64Data(attribute.getIntsList());
                default -> throw node.wrong("a constant of numbers", ModelFile.printable(attribute.getName()));
            }
        }
        return OnnxTensor.of(file, node.output(), scalar.build(), beside);
    }

    /** Constants in one other form are constants; what is computed of constants otherwise serves shapes only. */
    private void fold(OnnxNode node) {
        if (node.inputs().isEmpty() || node.inputs().getFirst().isEmpty()) {
            throw OnnxGraph.unsupported(node);
        }
        Constant source = constants.get(node.inputs().getFirst());
        boolean stored = source.origin() == source;
        if (node.is("Identity") || node.is("Cast") || node.is("Dropout")) {
            constants.put(node.output(), source);
        } else if (stored && node.is("Transpose")) {
            constants.put(node.output(), source.permuted(node.permutation(source.shape().size())));
        } else if (stored && node.is("Squeeze")) {
            constants.put(
                    node.output(), source.reshaped(source.shape().stream().filter(size -> size != 1).toList()));
        } else {
            shapes.addAll(node.outputs());
        }
    }

    /** An input that has to be a constant. */
    Constant required(OnnxNode node, int input) {
        return optional(node, input).orElseThrow(() -> node.wrong("a constant as input " + input, "none"));
    }

    /** An input that is a constant if it is there. */
    Optional<Constant> optional(OnnxNode node, int input) {
        if (input >= node.inputs().size() || node.inputs().get(input).isEmpty()) {
            return Optional.empty();
        }
        Constant found = constants.get(node.inputs().get(input));
        if (found == null) {
            throw node.wrong("a constant as input " + input, "a value that is computed");
        }
        return Optional.of(found);
    }

    /** The integers of an attribute, or of the input that took its place in later operator sets. */
    long[] integers(OnnxNode node, String attribute, int input) {
        return optional(node, input).map(OnnxConstants::integers).orElseGet(() -> node.integers(attribute));
    }

    private static long[] integers(Constant constant) {
        if (constant.origin() instanceof OnnxTensor tensor) {
            return tensor.integers();
        }
        throw constant.wrong("integers", "none");
    }

    /** The only value of a constant. */
    static double scalar(Constant constant) {
        float[] values = constant.shape().stream().allMatch(size -> size == 1) ? constant.floats() : new float[0];
        if (values.length != 1) {
            throw constant.wrong("one number", "shape " + constant.shape());
        }
        return values[0];
    }
}
