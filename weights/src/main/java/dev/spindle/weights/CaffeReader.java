package dev.spindle.weights;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.image.Preprocessing;
import dev.spindle.weights.schema.Caffe.LayerParameter;
import dev.spindle.weights.schema.Caffe.NetParameter;
import dev.spindle.weights.schema.Caffe.TransformationParameter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Reads MobileNet classifiers from Caffe: weights from a {@code .caffemodel}, the network from the {@code .prototxt} beside
 * it. Neither says how pictures become inputs, unless a data layer was left in: the profile is that of MobileNet-Caffe.
 */
final class CaffeReader {

    private static final String WEIGHTS = ".caffemodel";
    private static final String STRUCTURE = ".prototxt";

    private CaffeReader() {}

    /** Whether a content begins as a network of Caffe's does: perhaps with one name and inputs, then with a layer. */
    static boolean recognises(Path file, ByteBuffer content) {
        CodedInputStream head = Protobuf.head(content);
        try {
            boolean named = false;
            for (int tag = head.readTag(); tag != 0; tag = head.readTag()) {
                boolean delimited = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
                switch (WireFormat.getTagFieldNumber(tag)) {
                    case NetParameter.LAYER_FIELD_NUMBER, NetParameter.LAYERS_FIELD_NUMBER -> {
                        return delimited;
                    }
                    case NetParameter.NAME_FIELD_NUMBER -> {
                        // TensorFlow's graphs are many fields of this number.
                        if (named || !delimited) {
                            return false;
                        }
                        named = true;
                        head.skipField(tag);
                    }
                    case NetParameter.INPUT_FIELD_NUMBER,
                            NetParameter.INPUT_SHAPE_FIELD_NUMBER,
                            NetParameter.INPUT_DIM_FIELD_NUMBER,
                            NetParameter.FORCE_BACKWARD_FIELD_NUMBER,
                            NetParameter.STATE_FIELD_NUMBER,
                            NetParameter.DEBUG_INFO_FIELD_NUMBER -> head.skipField(tag);
                    default -> {
                        return false;
                    }
                }
            }
            return false;
        } catch (IOException _) {
            return false;
        }
    }

    /** Reads a {@code .caffemodel}; the structure is found beside it. */
    static Checkpoint read(Path file, ByteBuffer content) {
        Path folder = file.toAbsolutePath().getParent();
        return read(file, content, list(folder, CaffeReader::isStructure), ModelFile::map);
    }

    /**
     * Reads a {@code .caffemodel} that may be in an archive.
     *
     * @param beside the structures that are in the same folder
     * @param contents gives what is in one of them
     */
    static Checkpoint read(Path file, ByteBuffer content, List<Path> beside, Function<Path, ByteBuffer> contents) {
        return read(structure(file, beside, contents), CaffeNet.ofBinary(file, content));
    }

    /** Whether a file of this name may hold a structure. */
    static boolean isStructure(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(STRUCTURE);
    }

    /** Reads weights for a structure that is at hand. */
    static Checkpoint read(CaffeNet net, CaffeNet weights) {
        GraphLayers.Result graph = GraphLayers.find(CaffeGraph.translate(net, weights));
        Graph.Input input = net.input();
        LayerStack.Facts facts = new LayerStack.Facts(
                input.height(), input.width(), graph.padding(), preprocessing(net, weights), List.of());
        List<String> notes = List.of("network: " + ModelFile.printable(net.file().getFileName().toString()));
        return graph.layers().checkpoint(
                weights.file(),
                facts,
                new Checkpoint.Source("Caffe", "MobileNet-Caffe", graph.epsilon(), notes, table(weights)));
    }

    /**
     * The {@code .caffemodel} of a folder that holds a network.
     *
     * @param folder a folder
     * @throws InvalidInputException where there is none, or more than one
     */
    static Path weights(Path folder) {
        List<Path> found = list(folder, name -> name.endsWith(WEIGHTS));
        if (found.size() != 1) {
            throw InvalidInputException.of(folder, "folder", "one file named *" + WEIGHTS, names(found));
        }
        return found.getFirst();
    }

    /** The structure beside a file of weights: {@code deploy.prototxt}, or one that begins with the file's own name. */
    private static CaffeNet structure(Path file, List<Path> beside, Function<Path, ByteBuffer> contents) {
        String own = lowerCase(file);
        String stem = own.endsWith(WEIGHTS) ? own.substring(0, own.length() - WEIGHTS.length()) : own;
        Set<String> wanted = Set.of(
                "deploy" + STRUCTURE, stem + STRUCTURE, stem + "_deploy" + STRUCTURE, stem + "-deploy" + STRUCTURE);
        List<Path> found = beside.stream().filter(path -> wanted.contains(lowerCase(path))).toList();
        if (found.isEmpty()) {
            throw new InvalidInputException(file + ": expected the network beside its weights, in deploy.prototxt or "
                    + ModelFile.printable(stem) + ".prototxt, found neither");
        }
        List<CaffeNet> nets = found.stream().map(path -> CaffeNet.ofText(path, contents.apply(path))).toList();
        if (nets.stream().map(CaffeNet::parameters).distinct().count() > 1) {
            throw new InvalidInputException(
                    file + ": expected one network beside the weights, found several that differ: " + names(found));
        }
        return nets.getFirst();
    }

    private static List<Path> list(Path folder, Predicate<String> wanted) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(path -> wanted.test(lowerCase(path))).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static String lowerCase(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT);
    }

    private static String names(List<Path> files) {
        return files.isEmpty()
                ? "none"
                : ModelFile.printable(String.join(", ", files.stream().map(path -> path.getFileName().toString()).toList()));
    }

    /** The first means that a layer of either file names, with their factor; else those of MobileNet-Caffe. */
    private static Preprocessing preprocessing(CaffeNet net, CaffeNet weights) {
        for (CaffeNet file : List.of(net, weights)) {
            for (LayerParameter layer : file.parameters().getLayerList()) {
                if (layer.getTransformParam().getMeanValueCount() > 0) {
                    return preprocessing(file, layer);
                }
            }
        }
        return Preprocessing.CAFFE;
    }

    private static Preprocessing preprocessing(CaffeNet file, LayerParameter layer) {
        TransformationParameter found = layer.getTransformParam();
        int count = found.getMeanValueCount();
        float[] mean = new float[3];
        float[] scale = new float[3];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = found.getMeanValue(Math.min(i, count - 1));
            scale[i] = found.getScale();
            if (count != 1 && count != mean.length || !Float.isFinite(mean[i]) || !Float.isFinite(scale[i])) {
                throw InvalidInputException.of(
                        file.file(), "layer " + ModelFile.printable(layer.getName()), "1 or 3 finite means and a finite scale",
                        ModelFile.printable(found.getMeanValueList() + " and " + found.getScale()));
            }
        }
        boolean published = Arrays.equals(mean, Preprocessing.CAFFE.mean()) && Arrays.equals(scale, Preprocessing.CAFFE.scale());
        return published
                ? Preprocessing.CAFFE
                : new Preprocessing(
                        "transform_param",
                        Preprocessing.CAFFE.resizeRatio(),
                        Preprocessing.CAFFE.interpolation(),
                        Preprocessing.CAFFE.channelOrder(),
                        mean,
                        scale);
    }

    private static List<Checkpoint.Tensor> table(CaffeNet weights) {
        List<Checkpoint.Tensor> table = new ArrayList<>();
        for (LayerParameter layer : weights.layers()) {
            for (int i = 0; i < layer.getBlobsCount(); i++) {
                CaffeBlob blob = CaffeBlob.of(weights.file(), layer.getName(), i, layer.getBlobs(i));
                table.add(new Checkpoint.Tensor(
                        ModelFile.printable(layer.getName()) + "[" + i + "]", blob.type(), blob.shape()));
            }
        }
        return table;
    }
}
