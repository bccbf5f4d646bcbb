package dev.spindle.weights;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes what {@code torch.save} writes, and what it does not. */
final class TorchFile {

    static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);

    private static final Map<Safetensors.Type, String> CLASSES = Map.of(
            Safetensors.Type.F32, "FloatStorage",
            Safetensors.Type.F16, "HalfStorage",
            Safetensors.Type.BF16, "BFloat16Storage",
            Safetensors.Type.F64, "DoubleStorage",
            Safetensors.Type.I64, "LongStorage");

    private record Storage(int size, byte[] data) {}

    private final Map<String, Storage> storages = new LinkedHashMap<>();
    private final ByteOrder order;

    TorchFile() {
        this(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * @param order of the storages' elements
     */
    TorchFile(ByteOrder order) {
        this.order = order;
    }

    static String className(Safetensors.Type type) {
        return CLASSES.get(type);
    }

    /** Adds a storage with a tensor's elements, and returns its key. */
    String store(Safetensors.Tensor tensor) {
        byte[] data = new byte[tensor.data().remaining()];
        tensor.data().get(data);
        int element = tensor.type().bytes();
        if (order == ByteOrder.BIG_ENDIAN) {
            for (int from = 0; from < data.length; from += element) {
                reverse(data, from, from + element - 1);
            }
        }
        String key = String.valueOf(storages.size());
        storages.put(key, new Storage(tensor.size(), data));
        return key;
    }

    private static void reverse(byte[] data, int from, int to) {
        for (int i = from, j = to; i < j; i++, j--) {
            byte swapped = data[i];
            data[i] = data[j];
            data[j] = swapped;
        }
    }

    /** Puts a state dict of these tensors onto a pickle's stack, and their elements into storages. */
    Pickle state(Pickle pickle, Map<String, Safetensors.Tensor> tensors) {
        pickle.orderedDict().op('(');
        tensors.forEach((name, tensor) -> pickle.text(name)
                .tensor(className(tensor.type()), store(tensor), tensor.size(), 0, tensor.shape(), strides(tensor.shape())));
        return pickle.op('u');
    }

    /** Row by row. */
    static List<Integer> strides(List<Integer> shape) {
        List<Integer> strides = new ArrayList<>();
        int stride = 1;
        for (int size : shape.reversed()) {
            strides.addFirst(stride);
            stride *= size;
        }
        return strides;
    }

    /** The entries of the zip format. */
    Map<String, byte[]> entries(byte[] pickle) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("archive/data.pkl", pickle);
        entries.put("archive/version", "3\n".getBytes(StandardCharsets.US_ASCII));
        entries.put(
                "archive/byteorder",
                (order == ByteOrder.BIG_ENDIAN ? "big" : "little").getBytes(StandardCharsets.US_ASCII));
        storages.forEach((key, storage) -> entries.put("archive/data/" + key, storage.data()));
        return entries;
    }

    byte[] zip(byte[] pickle) {
        return ZipFiles.stored(entries(pickle));
    }

    /** The stream of before PyTorch 1.6. */
    byte[] legacy(byte[] pickle) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(Pickle.protocol2().big(MAGIC).stop());
        bytes.writeBytes(Pickle.protocol2().integer(1001).stop());
        bytes.writeBytes(Pickle.protocol2()
                .op('}')
                .text("little_endian")
                .op(order == ByteOrder.LITTLE_ENDIAN ? 0x88 : 0x89)
                .op('s')
                .stop());
        bytes.writeBytes(pickle);
        Pickle keys = Pickle.protocol2().op(']').op('(');
        storages.keySet().forEach(keys::text);
        bytes.writeBytes(keys.op('e').stop());
        for (Storage storage : storages.values()) {
            bytes.writeBytes(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(storage.size()).array());
            bytes.writeBytes(storage.data());
        }
        return bytes.toByteArray();
    }

    /** A zip file of a state dict. */
    static byte[] of(Map<String, Safetensors.Tensor> tensors) {
        TorchFile file = new TorchFile();
        return file.zip(file.state(Pickle.protocol2(), tensors).stop());
    }
}
