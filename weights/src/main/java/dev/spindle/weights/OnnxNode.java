package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import dev.spindle.weights.schema.Onnx.AttributeProto;
import dev.spindle.weights.schema.Onnx.NodeProto;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A node of an ONNX graph.
 *
 * @param file for messages
 * @param position in the graph
 * @param proto what the file says
 */
record OnnxNode(Path file, int position, NodeProto proto) {

    /** The node's place in messages. */
    String place() {
        String name = proto.getName().isEmpty() ? String.valueOf(position) : proto.getName();
        return "node " + ModelFile.printable(name) + " " + ModelFile.printable(proto.getOpType());
    }

    /** What is at fault here. */
    InvalidInputException wrong(String expected, String found) {
        return InvalidInputException.of(file, place(), expected, found);
    }

    String type() {
        return proto.getOpType();
    }

    boolean is(String type) {
        return proto.getOpType().equals(type);
    }

    /** Whose operator this is; empty for ONNX's own. */
    String domain() {
        return proto.getDomain();
    }

    /** Names of values; empty ones stand for optional inputs that are not there. */
    List<String> inputs() {
        return proto.getInputList();
    }

    List<String> outputs() {
        return proto.getOutputList();
    }

    /** The first output: what others make is used in training only. */
    String output() {
        if (proto.getOutputCount() == 0) {
            throw wrong("an output", "none");
        }
        return proto.getOutput(0);
    }

    List<AttributeProto> attributes() {
        return proto.getAttributeList();
    }

    private Optional<AttributeProto> attribute(String name) {
        return attributes().stream().filter(attribute -> attribute.getName().equals(name)).findFirst();
    }

    long integer(String name, long absent) {
        return attribute(name).map(AttributeProto::getI).orElse(absent);
    }

    double number(String name, double absent) {
        return attribute(name).map(attribute -> ModelFile.decimal(attribute.getF())).orElse(absent);
    }

    String text(String name, String absent) {
        return attribute(name).map(attribute -> attribute.getS().toStringUtf8()).map(ModelFile::printable).orElse(absent);
    }

    /** An attribute of integers; none where it is absent. */
    long[] integers(String name) {
        return attribute(name)
                .map(attribute -> attribute.getIntsList().stream().mapToLong(Long::longValue).toArray())
                .orElseGet(() -> new long[0]);
    }

    /** The order of a transposition: reversed where none is given. */
    int[] permutation(int rank) {
        long[] given = integers("perm");
        if (given.length == 0) {
            return IntStream.range(0, rank).map(i -> rank - 1 - i).toArray();
        }
        boolean[] seen = new boolean[rank];
        int[] order = new int[rank];
        for (int i = 0; i < given.length; i++) {
            if (given.length != rank || given[i] < 0 || given[i] >= rank || seen[(int) given[i]]) {
                throw wrong("a permutation of " + rank + " axes", ModelFile.printable(Arrays.toString(given)));
            }
            order[i] = (int) given[i];
            seen[order[i]] = true;
        }
        return order;
    }
}
