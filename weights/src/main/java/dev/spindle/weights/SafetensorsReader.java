package dev.spindle.weights;

import dev.spindle.Checkpoint;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Reads MobileNetV2 from safetensors files with the names of torchvision or timm, in any floating-point type. What names
 * and shapes cannot say comes from the file's metadata, or else from the source's profile.
 */
final class SafetensorsReader {

    private SafetensorsReader() {}

    /** The format has no magic number: its header's length comes first, then the header, a JSON object. */
    static boolean recognises(Path file, ByteBuffer content) {
        return content.remaining() >= Long.BYTES + 2
                && content.getLong(0) >= 2
                && content.getLong(0) <= Integer.MAX_VALUE
                && content.get(Long.BYTES) == '{'
                && Set.of('"', '}', ' ', '\n').contains((char) content.get(Long.BYTES + 1));
    }

    static Checkpoint read(Path file, ByteBuffer content) {
        return read(Safetensors.read(file, content));
    }

    static Checkpoint read(Safetensors tensors) {
        TensorSource source = source(tensors);
        TorchNames names = TorchNames.of(source);
        SafetensorsMetadata metadata = SafetensorsMetadata.of(tensors);
        SourceProfile profile = metadata.override(names.profile());
        LayerStack stack = TorchLayers.read(source, names, profile);
        LayerStack.Facts facts = new LayerStack.Facts(
                profile.height(), profile.width(), profile.padding(), profile.preprocessing(), metadata.labels());
        return stack.checkpoint(
                tensors.file(),
                facts,
                new Checkpoint.Source(
                        "safetensors", profile.name(), profile.epsilon(), metadata.notes(), table(tensors)));
    }

    private static List<Checkpoint.Tensor> table(Safetensors tensors) {
        List<Checkpoint.Tensor> table = new ArrayList<>();
        for (String name : tensors.names()) {
            Safetensors.Tensor tensor = tensors.tensor(name);
            table.add(new Checkpoint.Tensor(name, tensor.type().name(), tensor.shape()));
        }
        return table;
    }

    private static TensorSource source(Safetensors tensors) {
        return new TensorSource() {
            @Override
            public Path file() {
                return tensors.file();
            }

            @Override
            public Set<String> names() {
                return tensors.names();
            }

            @Override
            public List<Integer> shape(String name) {
                return tensors.tensor(name).shape();
            }

            @Override
            public float[] floats(String name) {
                return tensors.floats(name);
            }
        };
    }
}
