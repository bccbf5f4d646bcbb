package dev.spindle.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON header of a safetensors file, checked against the format: every array inside the file, as long as its type
 * and shape say, no two on the same bytes and no byte without an array.
 *
 * @param entries the arrays by name, in the header's order
 * @param metadata text by key
 * @param dataStart where the arrays begin, in bytes from the file's start
 */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata, int dataStart) {

    /** Type, shape, and place in bytes from {@link #dataStart}. */
    record Entry(Safetensors.Type type, List<Integer> shape, int start, int end) {}

    /** What the format's own implementation allows. */
    private static final long MAX_LENGTH = 100_000_000;

    private static final String METADATA = "__metadata__";
    private static final JsonFactory JSON = new JsonFactory();

    static SafetensorsHeader parse(Path file, ByteBuffer content) {
        if (content.limit() < Long.BYTES) {
            throw InvalidInputException.of(file, "offset 0", "8 bytes of header length", content.limit() + " bytes");
        }
        long length = content.getLong(0);
        long available = content.limit() - Long.BYTES;
        if (length < 2 || length > Math.min(available, MAX_LENGTH)) {
            throw InvalidInputException.of(
                    file,
                    "offset 0",
                    "a header length of 2 to " + Math.max(2, Math.min(available, MAX_LENGTH)) + " bytes",
                    Long.toUnsignedString(length));
        }
        int dataStart = Long.BYTES + (int) length;
        try (JsonParser json = JSON.createParser(text(file, content.slice(Long.BYTES, (int) length)))) {
            return new Reader(file, json).header(dataStart, content.limit());
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(
                    file + ": header: expected JSON, found a fault at character "
                            + e.getLocation().getCharOffset() + ": " + ModelFile.printable(e.getOriginalMessage()),
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file, ByteBuffer utf8) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
        } catch (CharacterCodingException e) {
            throw new InvalidInputException(file + ": header: expected UTF-8, found other bytes", e);
        }
    }

    /**
     * Formats a header, padded with spaces so that the arrays begin at a multiple of eight bytes.
     *
     * @param tensors the arrays by name
     * @param order the names in the order of the data
     * @param metadata text by key
     */
    static String format(Map<String, Safetensors.Tensor> tensors, List<String> order, Map<String, String> metadata) {
        Map<String, Long> starts = new LinkedHashMap<>();
        long next = 0;
        for (String name : order) {
            starts.put(name, next);
            next += tensors.get(name).data().remaining();
        }
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(METADATA);
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            for (Map.Entry<String, Safetensors.Tensor> entry : tensors.entrySet()) {
                Safetensors.Tensor tensor = entry.getValue();
                long start = starts.get(entry.getKey());
                json.writeObjectFieldStart(entry.getKey());
                json.writeStringField("dtype", tensor.type().name());
                json.writeArrayFieldStart("shape");
                for (int size : tensor.shape()) {
                    json.writeNumber(size);
                }
                json.writeEndArray();
                json.writeArrayFieldStart("data_offsets");
                json.writeNumber(start);
                json.writeNumber(start + tensor.data().remaining());
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int bytes = text.toString().getBytes(StandardCharsets.UTF_8).length;
        return text + " ".repeat(Math.floorMod(-bytes, Long.BYTES));
    }

    /** Reads the header token by token: nothing is built that the file does not pay for with bytes. */
    private static final class Reader {

        private final Path file;
        private final JsonParser json;

        Reader(Path file, JsonParser json) {
            this.file = file;
            this.json = json;
        }

        SafetensorsHeader header(int dataStart, int fileLength) throws IOException {
            Map<String, Entry> entries = new LinkedHashMap<>();
            Map<String, String> metadata = new LinkedHashMap<>();
            boolean metadataSeen = false;
            expect("header", JsonToken.START_OBJECT);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                boolean repeated;
                if (name.equals(METADATA)) {
                    repeated = metadataSeen;
                    metadataSeen = true;
                    readMetadata(metadata);
                } else {
                    repeated = entries.put(name, entry(place(name))) != null;
                }
                if (repeated) {
                    throw InvalidInputException.of(file, place(name), "a name only once", "it twice");
                }
            }
            if (json.nextToken() != null) {
                throw InvalidInputException.of(file, "header", "nothing behind the object", "more");
            }
            requireSeamless(entries, fileLength - dataStart);
            return new SafetensorsHeader(entries, metadata, dataStart);
        }

        private static String place(String name) {
            return "tensor " + ModelFile.printable(name);
        }

        private void readMetadata(Map<String, String> metadata) throws IOException {
            expect(METADATA, JsonToken.START_OBJECT);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                expect(METADATA + " " + ModelFile.printable(key), JsonToken.VALUE_STRING);
                if (metadata.put(key, json.getText()) != null) {
                    throw InvalidInputException.of(
                            file, METADATA + " " + ModelFile.printable(key), "a key only once", "it twice");
                }
            }
        }

        private Entry entry(String place) throws IOException {
            Safetensors.Type type = null;
            List<Integer> shape = null;
            List<Integer> offsets = null;
            expect(place, JsonToken.START_OBJECT);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                switch (json.currentName()) {
                    case "dtype" -> type = type(place);
                    case "shape" -> shape = numbers(place + " shape");
                    case "data_offsets" -> offsets = numbers(place + " data_offsets");
                    default -> throw InvalidInputException.of(
                            file, place, "dtype, shape and data_offsets", ModelFile.printable(json.currentName()));
                }
            }
            if (type == null || shape == null || offsets == null || offsets.size() != 2) {
                throw InvalidInputException.of(
                        file, place, "dtype, shape and two data_offsets", "one of them missing");
            }
            return checked(place, type, shape, offsets.get(0), offsets.get(1));
        }

        private Safetensors.Type type(String place) throws IOException {
            expect(place + " dtype", JsonToken.VALUE_STRING);
            String name = json.getText();
            for (Safetensors.Type type : Safetensors.Type.values()) {
                if (type.name().equals(name)) {
                    return type;
                }
            }
            throw InvalidInputException.of(
                    file, place, "one of the types " + List.of(Safetensors.Type.values()), ModelFile.printable(name));
        }

        private List<Integer> numbers(String place) throws IOException {
            List<Integer> numbers = new ArrayList<>();
            expect(place, JsonToken.START_ARRAY);
            while (json.nextToken() != JsonToken.END_ARRAY) {
                boolean fits = json.currentToken() == JsonToken.VALUE_NUMBER_INT
                        && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
                if (!fits || json.getLongValue() < 0 || json.getLongValue() > Integer.MAX_VALUE) {
                    throw InvalidInputException.of(
                            file, place, "integers of 0 to " + Integer.MAX_VALUE, ModelFile.printable(json.getText()));
                }
                numbers.add(json.getIntValue());
            }
            return numbers;
        }

        private Entry checked(String place, Safetensors.Type type, List<Integer> shape, int start, int end) {
            long bytes = type.bytesOf(shape);
            if (end - start != bytes) {
                throw InvalidInputException.of(
                        file,
                        place,
                        (bytes > Integer.MAX_VALUE ? "less than 2 GiB" : bytes + " bytes") + " for " + type
                                + " of shape " + ModelFile.printable(shape.toString()),
                        "data_offsets " + start + " to " + end);
            }
            return new Entry(type, shape, start, end);
        }

        private void requireSeamless(Map<String, Entry> entries, int dataLength) {
            List<Map.Entry<String, Entry>> byPlace = new ArrayList<>(entries.entrySet());
            byPlace.sort(Comparator.comparingInt((Map.Entry<String, Entry> entry) -> entry.getValue().start())
                    .thenComparingInt(entry -> entry.getValue().end()));
            int next = 0;
            for (Map.Entry<String, Entry> entry : byPlace) {
                Entry value = entry.getValue();
                if (value.start() != next || value.end() > dataLength) {
                    throw InvalidInputException.of(
                            file,
                            place(entry.getKey()),
                            "data from " + next + ", where the tensor before it ends, up to at most " + dataLength
                                    + ", where the file ends",
                            "data_offsets " + value.start() + " to " + value.end());
                }
                next = value.end();
            }
            if (next != dataLength) {
                throw InvalidInputException.of(
                        file, "end of data", "the file to end with its last tensor",
                        (dataLength - next) + " bytes behind it");
            }
        }

        private void expect(String place, JsonToken expected) throws IOException {
            JsonToken found = json.nextToken();
            if (found != expected) {
                throw InvalidInputException.of(
                        file, place, "JSON " + expected, found == null ? "the end" : found.toString());
            }
        }
    }
}
