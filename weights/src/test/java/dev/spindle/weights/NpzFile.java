package dev.spindle.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes what {@code numpy.savez} writes, and what it does not. */
final class NpzFile {

    private NpzFile() {}

    /** Arrays as NumPy stores them: little-endian, row by row. */
    static Map<String, byte[]> entries(Map<String, Safetensors.Tensor> tensors) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            byte[] data = new byte[tensor.data().remaining()];
            tensor.data().get(data);
            String descr = tensor.type().name().toLowerCase(Locale.ROOT).replace("64", "8").replace("32", "4")
                    .replace("16", "2");
            entries.put(name + ".npy", array(1, header("<" + descr, false, tensor.shape()), data));
        });
        return entries;
    }

    static String header(String descr, boolean fortranOrder, List<Integer> shape) {
        String sizes = shape.stream().map(String::valueOf).collect(Collectors.joining(", "));
        return "{'descr': '" + descr + "', 'fortran_order': " + (fortranOrder ? "True" : "False") + ", 'shape': ("
                + sizes + (shape.size() == 1 ? "," : "") + "), }";
    }

    static byte[] array(int version, String header, byte[] data) {
        byte[] text = (header + " ".repeat(64 - header.length() % 64) + "\n").getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(12 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) version).put((byte) 0);
        if (version == 1) {
            bytes.putShort((short) text.length);
        } else {
            bytes.putInt(text.length);
        }
        bytes.put(text).put(data);
        byte[] array = new byte[bytes.position()];
        bytes.flip().get(array);
        return array;
    }
}
