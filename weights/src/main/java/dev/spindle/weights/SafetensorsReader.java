package dev.spindle.weights;

import dev.spindle.Checkpoint;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads MobileNetV2 from safetensors files with the names of a PyTorch source, in any floating-point type. What names and
 * shapes cannot say comes from the file's metadata, or else from the source's profile.
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
        Map<String, MapSource.Array> arrays = new LinkedHashMap<>();
        tensors.names().forEach(name -> arrays.put(name, new Array(tensors.tensor(name))));
        MapSource source = new MapSource(tensors.file(), arrays);
        return TorchModel.read("safetensors", source, SafetensorsMetadata.of(tensors), List.of(), source.table());
    }

    private record Array(Safetensors.Tensor tensor) implements MapSource.Array {

        @Override
        public String type() {
            return tensor.type().name();
        }

        @Override
        public List<Integer> shape() {
            return tensor.shape();
        }

        @Override
        public float[] floats() {
            return tensor.floats();
        }
    }
}
