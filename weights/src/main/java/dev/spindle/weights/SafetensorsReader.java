package dev.spindle.weights;

import dev.spindle.Checkpoint;
import dev.spindle.network.Network;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.QuantisedWeights;
import dev.spindle.plan.Weights;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads networks from safetensors files: those that {@link SafetensorsWriter} wrote, in any floating-point type or in
 * integers, and MobileNetV2 of any floating-point type with the names of a PyTorch source. What names and shapes cannot say
 * comes from the file's metadata, or else from the source's profile.
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
        SafetensorsMetadata metadata = SafetensorsMetadata.of(tensors);
        return metadata.network()
                .map(network -> described(tensors, metadata, network))
                .orElseGet(() -> named(tensors, metadata));
    }

    private static Checkpoint described(Safetensors tensors, SafetensorsMetadata metadata, Network network) {
        Optional<QuantisedWeights> quantised = metadata.quantised(tensors, network);
        Weights weights = quantised
                .map(integers -> ModelFile.valid(tensors.file(), () -> integers.dequantised(network)))
                .orElseGet(() -> LayerTensors.read(tensors, network, metadata::epsilon));
        Checkpoint.Source source = new Checkpoint.Source(
                "safetensors",
                metadata.profile(),
                weights.layer(network.stem().name()).batchNorm().map(BatchNorm::epsilon).orElse(Double.NaN),
                metadata.notes(),
                source(tensors).table(),
                metadata.provenance(),
                metadata.disagreements(network));
        Checkpoint checkpoint =
                LayerStack.checkpoint(network, weights, metadata.preprocessing(), metadata.labels(), source);
        return quantised.map(checkpoint::withQuantised).orElse(checkpoint);
    }

    private static Checkpoint named(Safetensors tensors, SafetensorsMetadata metadata) {
        MapSource source = source(tensors);
        Checkpoint found = TorchModel.read("safetensors", source, metadata, List.of(), source.table());
        return found.withSource(found.source().withWarnings(metadata.disagreements(found.network())));
    }

    private static MapSource source(Safetensors tensors) {
        Map<String, MapSource.Array> arrays = new LinkedHashMap<>();
        tensors.names().forEach(name -> arrays.put(name, new Array(tensors.tensor(name))));
        return new MapSource(tensors.file(), arrays);
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
