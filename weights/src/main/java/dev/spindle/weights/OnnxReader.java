package dev.spindle.weights;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.spindle.Checkpoint;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Padding;
import dev.spindle.weights.schema.Onnx.ModelProto;
import dev.spindle.weights.schema.Onnx.OperatorSetIdProto;
import dev.spindle.weights.schema.Onnx.StringStringEntryProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads MobileNet classifiers in floating point from ONNX files, whatever exported them: the graph is followed, names do
 * not matter. What ONNX cannot say is how pictures become inputs: a network that pads as TensorFlow does takes [-1, 1],
 * one that pads as PyTorch does takes what torchvision's models take.
 *
 * @see <a href="https://onnx.ai/onnx/repo-docs/IR.html">Open Neural Network Exchange Intermediate Representation</a>
 */
final class OnnxReader {

    private static final int MAX_IR_VERSION = 1000;
    private static final int MAX_NOTES = 50;

    private OnnxReader() {}

    /** Whether a content begins as a model does: the version of the format, perhaps who made it, then the graph. */
    static boolean recognises(Path file, ByteBuffer content) {
        CodedInputStream head = Protobuf.head(content);
        try {
            boolean versioned = false;
            for (int tag = head.readTag(); tag != 0; tag = head.readTag()) {
                boolean delimited = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
                switch (WireFormat.getTagFieldNumber(tag)) {
                    case ModelProto.IR_VERSION_FIELD_NUMBER -> {
                        long version = delimited ? 0 : head.readInt64();
                        if (version < 1 || version > MAX_IR_VERSION) {
                            return false;
                        }
                        versioned = true;
                    }
                    case ModelProto.GRAPH_FIELD_NUMBER -> {
                        return versioned && delimited;
                    }
                    default -> head.skipField(tag);
                }
            }
            return false;
        } catch (IOException _) {
            return false;
        }
    }

    static Checkpoint read(Path file, ByteBuffer content) {
        ModelProto model = Protobuf.parse(file, content, ModelProto.getDefaultInstance());
        OnnxGraph.Result translated = OnnxGraph.translate(file, model);
        Graph.Input input = translated.graph().input();
        GraphLayers.Result found = GraphLayers.find(translated.graph());
        boolean tensorFlow = found.padding() == Padding.SAME;
        LayerStack.Facts facts = new LayerStack.Facts(
                input.height(),
                input.width(),
                found.padding(),
                tensorFlow ? Preprocessing.TF : Preprocessing.TORCH,
                List.of());
        List<Checkpoint.Tensor> table = translated.constants().stream()
                .map(tensor -> new Checkpoint.Tensor(
                        tensor.name(), OnnxTensor.typeName(tensor.proto().getDataType()), tensor.shape()))
                .toList();
        String profile = tensorFlow ? "tensorflow" : SourceProfile.TORCHVISION.name();
        return found.layers().checkpoint(
                file, facts, new Checkpoint.Source("ONNX", profile, found.epsilon(), notes(model, translated), table));
    }

    private static List<String> notes(ModelProto model, OnnxGraph.Result translated) {
        List<String> notes = new ArrayList<>();
        String producer = (model.getProducerName() + " " + model.getProducerVersion()).strip();
        if (!producer.isEmpty()) {
            notes.add("producer: " + ModelFile.printable(producer));
        }
        for (OperatorSetIdProto set : model.getOpsetImportList()) {
            if (set.getDomain().isEmpty()) {
                notes.add("operator set: " + set.getVersion());
            }
        }
        if (translated.open()) {
            notes.add(Graph.OPEN_NOTE);
        }
        for (StringStringEntryProto entry : model.getMetadataPropsList()) {
            notes.add(ModelFile.printable(entry.getKey()) + ": " + ModelFile.printable(entry.getValue()));
        }
        return notes.subList(0, Math.min(notes.size(), MAX_NOTES));
    }
}
