package dev.spindle.weights;

import dev.spindle.Checkpoint;
import java.util.ArrayList;
import java.util.List;

/** Makes a network of tensors with the names of a PyTorch source, whatever the format of their file. */
final class TorchModel {

    /** What wrappers put before every name: DataParallel, training frameworks, torch.compile. */
    private static final List<String> PREFIXES = List.of("module.", "model.", "_orig_mod.");

    private TorchModel() {}

    /**
     * Reads all layers.
     *
     * @param format of the file, for people
     * @param tensors as the file has them
     * @param metadata what the file says beside them
     * @param notes for people
     * @param table what the file holds
     * @throws dev.spindle.InvalidInputException where names or shapes are not those of a known source
     */
    static Checkpoint read(
            String format,
            TensorSource tensors,
            SafetensorsMetadata metadata,
            List<String> notes,
            List<Checkpoint.Tensor> table) {
        List<String> allNotes = new ArrayList<>(notes);
        TensorSource source = tensors;
        for (String prefix : PREFIXES) {
            if (!source.names().isEmpty() && source.names().stream().allMatch(name -> name.startsWith(prefix))) {
                source = source.withoutPrefix(prefix);
                allNotes.add("prefix of all names: " + prefix);
            }
        }
        allNotes.addAll(metadata.notes());
        TorchNames names = TorchNames.of(source);
        SourceProfile profile = metadata.override(names.profile());
        LayerStack stack = TorchLayers.read(source, names, profile);
        LayerStack.Facts facts = new LayerStack.Facts(
                profile.height(), profile.width(), profile.padding(), profile.preprocessing(), metadata.labels());
        double epsilon = stack.isFolded() ? Double.NaN : profile.epsilon();
        return stack.checkpoint(
                tensors.file(), facts, new Checkpoint.Source(format, profile.name(), epsilon, allNotes, table));
    }
}
