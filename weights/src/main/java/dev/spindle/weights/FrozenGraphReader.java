package dev.spindle.weights;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.spindle.Checkpoint;
import dev.spindle.image.Preprocessing;
import dev.spindle.weights.schema.TensorFlow.GraphDef;
import dev.spindle.weights.schema.TensorFlow.NodeDef;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads MobileNet classifiers from frozen TensorFlow graphs, as TensorFlow Slim publishes them: the graph is followed,
 * names do not matter. Pictures are what all of TensorFlow's MobileNets take, [-1, 1].
 */
final class FrozenGraphReader {

    private static final Pattern OPERATION = Pattern.compile("[A-Z_][A-Za-z0-9_>]{1,99}");
    private static final int NODE = WireFormat.WIRETYPE_LENGTH_DELIMITED | GraphDef.NODE_FIELD_NUMBER << 3;
    private static final int NAME = WireFormat.WIRETYPE_LENGTH_DELIMITED | NodeDef.NAME_FIELD_NUMBER << 3;
    private static final int OP = WireFormat.WIRETYPE_LENGTH_DELIMITED | NodeDef.OP_FIELD_NUMBER << 3;

    private FrozenGraphReader() {}

    /** Whether a content begins as a graph does: with a node, which begins with its name and operation. */
    static boolean recognises(Path file, ByteBuffer content) {
        CodedInputStream head = Protobuf.head(content);
        try {
            if (head.readTag() != NODE) {
                return false;
            }
            head.readRawVarint32();
            if (head.readTag() != NAME) {
                return false;
            }
            head.readBytes();
            return head.readTag() == OP && OPERATION.matcher(head.readString()).matches();
        } catch (IOException _) {
            return false;
        }
    }

    static Checkpoint read(Path file, ByteBuffer content) {
        GraphDef proto = Protobuf.parse(file, content, GraphDef.getDefaultInstance());
        FrozenGraph.Result translated = FrozenGraph.translate(file, proto);
        Graph.Input input = translated.graph().input();
        GraphLayers.Result found = GraphLayers.find(translated.graph());
        LayerStack.Facts facts = new LayerStack.Facts(
                input.height(), input.width(), found.padding(), Preprocessing.TF, List.of());
        List<Checkpoint.Tensor> table = translated.constants().stream()
                .map(tensor -> new Checkpoint.Tensor(
                        tensor.name(), tensor.proto().getDtype().toString(), tensor.shape()))
                .toList();
        List<String> notes = new ArrayList<>();
        if (translated.open()) {
            notes.add(Graph.OPEN_NOTE);
        }
        if (translated.fakeQuantised()) {
            notes.add("fake quantisation is left out");
        }
        return found.layers().checkpoint(
                file,
                facts,
                new Checkpoint.Source("TensorFlow frozen graph", "tensorflow", found.epsilon(), notes, table));
    }
}
