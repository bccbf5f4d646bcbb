package dev.spindle.weights;

import dev.spindle.Checkpoint;
import dev.spindle.CheckpointReader;
import dev.spindle.network.Network;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.Weights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Reads networks from safetensors files in any floating-point type: those that {@link SafetensorsWriter} wrote, and
 * MobileNetV2 with the names of torchvision or timm. What names and shapes cannot say comes from the file's metadata, or
 * else from the source's profile.
 */
public final class SafetensorsReader implements CheckpointReader {

    /** For {@link java.util.ServiceLoader}. */
    public SafetensorsReader() {}

    @Override
    public String format() {
        return "safetensors";
    }

    @Override
    public boolean accepts(Path file, ByteBuffer head) {
        if (ModelFile.hasExtension(file, ".safetensors")) {
            return true;
        }
        ByteBuffer bytes = head.slice().order(ByteOrder.LITTLE_ENDIAN);
        return bytes.remaining() >= Long.BYTES + 2
                && bytes.getLong(0) >= 2
                && bytes.getLong(0) <= Integer.MAX_VALUE
                && bytes.get(Long.BYTES) == '{'
                && bytes.get(Long.BYTES + 1) == '"';
    }

    @Override
    public Checkpoint read(Path file) {
        return read(Safetensors.open(file));
    }

    static Checkpoint read(Safetensors tensors) {
        SafetensorsMetadata metadata = SafetensorsMetadata.of(tensors);
        return metadata.network()
                .map(network -> described(tensors, metadata, network))
                .orElseGet(() -> named(tensors, metadata));
    }

    private static Checkpoint described(Safetensors tensors, SafetensorsMetadata metadata, Network network) {
        Weights weights = LayerTensors.read(tensors, network, metadata::epsilon);
        Checkpoint.Source source = new Checkpoint.Source(
                "safetensors",
                metadata.profile(),
                weights.layer(network.stem().name()).batchNorm().map(BatchNorm::epsilon).orElse(Double.NaN),
                metadata.notes(),
                table(tensors),
                metadata.provenance(),
                metadata.disagreements(network));
        return LayerStack.checkpoint(network, weights, metadata.preprocessing(), metadata.labels(), source);
    }

    private static Checkpoint named(Safetensors tensors, SafetensorsMetadata metadata) {
        TensorSource source = source(tensors);
        TorchNames names = TorchNames.of(source);
        SourceProfile profile = metadata.override(names.profile());
        LayerStack stack = TorchLayers.read(source, names, profile);
        LayerStack.Facts facts = new LayerStack.Facts(
                profile.height(), profile.width(), profile.padding(), profile.preprocessing(), metadata.labels());
        Checkpoint found = stack.checkpoint(
                tensors.file(),
                facts,
                new Checkpoint.Source(
                        "safetensors", profile.name(), profile.epsilon(), metadata.notes(), table(tensors)));
        return found.withSource(found.source().withWarnings(metadata.disagreements(found.network())));
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
