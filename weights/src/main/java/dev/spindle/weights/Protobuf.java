package dev.spindle.weights;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.Message;
import com.google.protobuf.WireFormat;
import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Parses protobuf messages that nobody vouches for. An empty message takes two bytes of a file and fifty times as many in
 * memory, so they are counted before any is made; what a schema does not know is not kept.
 */
final class Protobuf {

    /** A hundred times as many as a MobileNet has. */
    private static final int MAX_PARTS = 500_000;

    private static final int MAX_DEPTH = 32;
    private static final int HEAD_BYTES = 1 << 16;

    private Protobuf() {}

    /**
     * Parses a message.
     *
     * @param file for messages
     * @param content the message from position to limit
     * @param type an instance of the message
     * @throws InvalidInputException where the content is no such message, or one of absurdly many parts
     */
    static <T extends Message> T parse(Path file, ByteBuffer content, T type) {
        ByteString bytes = ByteString.copyFrom(content.duplicate());
        try {
            new Count(file).add(bytes.newCodedInput(), type.getDescriptorForType(), 0);
            CodedInputStream input = bytes.newCodedInput();
            input.enableAliasing(true);
            @SuppressWarnings("unchecked") // A message's parser gives messages of its type.
            T message = (T) DiscardUnknownFieldsParser.wrap(type.getParserForType()).parseFrom(input);
            return message;
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": expected a protobuf message " + type.getDescriptorForType().getName() + ", found "
                            + ModelFile.printable(String.valueOf(e.getMessage())),
                    e);
        }
    }

    /** How many messages and strings there will be. */
    private static final class Count {
        private final Path file;
        private int parts;

        Count(Path file) {
            this.file = file;
        }

        void add(CodedInputStream input, Descriptor type, int depth) throws IOException {
            if (depth > MAX_DEPTH) {
                throw InvalidInputException.of(
                        file, "offset " + input.getTotalBytesRead(), "at most " + MAX_DEPTH + " nested messages", "more");
            }
            for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
                FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
                boolean delimited = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
                if (field != null && delimited && ++parts > MAX_PARTS) {
                    throw InvalidInputException.of(
                            file, "offset " + input.getTotalBytesRead(), "at most " + MAX_PARTS + " parts", "more");
                }
                if (field != null && delimited && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                    int outer = input.pushLimit(input.readRawVarint32());
                    add(input, field.getMessageType(), depth + 1);
                    input.checkLastTagWas(0);
                    input.popLimit(outer);
                } else {
                    input.skipField(tag);
                }
            }
        }
    }

    /**
     * The beginning of a content, for telling one schema from another; protobuf has no magic number.
     *
     * @param content from position to limit; perhaps no protobuf at all
     */
    static CodedInputStream head(ByteBuffer content) {
        byte[] head = new byte[Math.min(content.remaining(), HEAD_BYTES)];
        content.duplicate().get(head);
        return CodedInputStream.newInstance(head);
    }
}
