package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands before the elements of a NumPy array file (numpy.lib.format, versions 1.0, 2.0 and 3.0): a magic string, a
 * length, and the literal of a Python dictionary.
 *
 * @param descr the element type as NumPy writes it, such as {@code <f4}
 * @param type the same
 * @param order of the elements' bytes
 * @param fortranOrder whether the first index varies fastest
 * @param shape sizes
 * @param dataStart where the elements begin, in bytes from the array's start
 */
record NpyHeader(
        String descr,
        Safetensors.Type type,
        ByteOrder order,
        boolean fortranOrder,
        List<Integer> shape,
        int dataStart) {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MAX_LENGTH = 10_000;

    private static final Pattern ITEM = Pattern.compile("\\s*'(descr|fortran_order|shape)'\\s*:\\s*"
            + "('[^']*+'|True|False|\\([0-9, ]*+\\))\\s*(,|(?=}))");
    private static final Pattern END = Pattern.compile("\\s*}\\s*");

    private static final Map<String, Safetensors.Type> TYPES = Map.of(
            "f2", Safetensors.Type.F16,
            "f4", Safetensors.Type.F32,
            "f8", Safetensors.Type.F64,
            "i1", Safetensors.Type.I8,
            "i2", Safetensors.Type.I16,
            "i4", Safetensors.Type.I32,
            "i8", Safetensors.Type.I64,
            "u1", Safetensors.Type.U8,
            "b1", Safetensors.Type.BOOL);

    /**
     * Reads a header.
     *
     * @param file for messages
     * @param name the array's, for messages
     * @param array the array file from position to limit
     */
    static NpyHeader parse(Path file, String name, ByteBuffer array) {
        return new Parser(file, name, array.slice().order(ByteOrder.LITTLE_ENDIAN)).header();
    }

    private record Parser(Path file, String name, ByteBuffer bytes) {

        NpyHeader header() {
            int version = bytes.remaining() >= MAGIC.length + 4 ? bytes.get(MAGIC.length) : 0;
            if (version < 1 || version > 3 || !bytes.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
                throw fault("a NumPy array of version 1 to 3", "something else");
            }
            int lengthAt = MAGIC.length + 2;
            int textAt = lengthAt + (version == 1 ? Short.BYTES : Integer.BYTES);
            long length = version == 1
                    ? Short.toUnsignedInt(bytes.getShort(lengthAt))
                    : bytes.limit() < textAt ? Long.MAX_VALUE : Integer.toUnsignedLong(bytes.getInt(lengthAt));
            if (length > Math.min(MAX_LENGTH, bytes.limit() - textAt)) {
                throw fault("a header inside the array and of at most " + MAX_LENGTH + " bytes", length + " bytes");
            }
            String text = StandardCharsets.ISO_8859_1.decode(bytes.slice(textAt, (int) length)).toString();
            Map<String, String> items = items(text);
            String descr = unquoted(items.get("descr"), text);
            return new NpyHeader(
                    descr,
                    type(descr),
                    descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
                    isTrue(items.get("fortran_order"), text),
                    shape(items.get("shape"), text),
                    textAt + (int) length);
        }

        private Map<String, String> items(String text) {
            Map<String, String> items = new HashMap<>();
            int at = text.startsWith("{") ? 1 : text.length();
            Matcher item = ITEM.matcher(text);
            while (item.region(at, text.length()).lookingAt() && items.put(item.group(1), item.group(2)) == null) {
                at = item.end();
            }
            if (items.size() != 3 || !END.matcher(text).region(at, text.length()).matches()) {
                throw wrong(text);
            }
            return items;
        }

        private String unquoted(String value, String text) {
            if (value.length() < 3 || value.charAt(0) != '\'') {
                throw wrong(text);
            }
            return value.substring(1, value.length() - 1);
        }

        private Safetensors.Type type(String descr) {
            Safetensors.Type type = TYPES.get(descr.substring(1));
            boolean ordered = "<>".indexOf(descr.charAt(0)) >= 0;
            if (type == null || !(ordered || descr.charAt(0) == '|' && type.bytes() == 1)) {
                throw fault("elements of a known type, such as <f4", ModelFile.printable(descr));
            }
            return type;
        }

        private boolean isTrue(String value, String text) {
            return switch (value) {
                case "True" -> true;
                case "False" -> false;
                default -> throw wrong(text);
            };
        }

        private List<Integer> shape(String value, String text) {
            if (value.charAt(0) != '(') {
                throw wrong(text);
            }
            List<Integer> shape = new ArrayList<>();
            for (String size : value.substring(1, value.length() - 1).split(",")) {
                String digits = size.strip();
                if (!digits.isEmpty() && (!digits.matches("\\d{1,9}") || shape.size() == StridedTensor.MAX_DIMENSIONS)) {
                    throw wrong(text);
                }
                if (!digits.isEmpty()) {
                    shape.add(Integer.parseInt(digits));
                }
            }
            return shape;
        }

        private InvalidInputException wrong(String text) {
            return fault("{'descr': '<f4', 'fortran_order': False, 'shape': (...), }", ModelFile.printable(text));
        }

        private InvalidInputException fault(String expected, String found) {
            return InvalidInputException.of(file, "array " + ModelFile.printable(name), expected, found);
        }
    }
}
