package dev.spindle.weights;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads MobileNetV2 from what {@code numpy.savez} and {@code numpy.savez_compressed} make of a PyTorch source's tensors: a
 * zip file with one array an entry.
 */
final class NpzReader {

    private static final String SUFFIX = ".npy";

    private NpzReader() {}

    /** Whether a content is a zip file of arrays alone. */
    static boolean recognises(Path file, ByteBuffer content) {
        if (!ZipContent.isZip(content)) {
            return false;
        }
        ZipContent zip = ZipContent.open(file, content);
        return !zip.names().isEmpty() && zip.names().stream().allMatch(name -> name.endsWith(SUFFIX));
    }

    static Checkpoint read(Path file, ByteBuffer content) {
        ZipContent zip = ZipContent.open(file, content);
        Map<String, MapSource.Array> arrays = new LinkedHashMap<>();
        for (String entry : zip.names()) {
            if (!entry.endsWith(SUFFIX)) {
                throw InvalidInputException.of(
                        file, "entry " + ModelFile.printable(entry), "an array, named *" + SUFFIX, "another name");
            }
            String name = entry.substring(0, entry.length() - SUFFIX.length());
            arrays.put(name, array(file, name, zip.read(entry)));
        }
        MapSource source = new MapSource(file, arrays);
        return TorchModel.read("NumPy", source, SafetensorsMetadata.none(file), List.of(), source.table());
    }

    private static MapSource.Array array(Path file, String name, ByteBuffer bytes) {
        NpyHeader header = NpyHeader.parse(file, name, bytes);
        ByteBuffer data = bytes.slice(header.dataStart(), bytes.limit() - header.dataStart());
        long expected = header.type().bytesOf(header.shape());
        if (data.remaining() != expected) {
            throw InvalidInputException.of(
                    file,
                    "array " + ModelFile.printable(name),
                    (expected > Integer.MAX_VALUE ? "less than 2 GiB" : expected + " bytes") + " for " + header.descr()
                            + " of shape " + header.shape(),
                    data.remaining() + " bytes");
        }
        return new Array(
                header.descr(),
                StridedTensor.dense(header.type(), data.order(header.order()), header.shape(), !header.fortranOrder()));
    }

    private record Array(String type, StridedTensor values) implements MapSource.Array {

        @Override
        public List<Integer> shape() {
            return values.shape();
        }

        @Override
        public float[] floats() {
            return values.floats();
        }
    }
}
