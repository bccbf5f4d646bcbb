package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.archivers.zip.ZipMethod;

/**
 * The entries of a zip file in memory, found through its central directory (APPNOTE.TXT 6.3.10, section 4.3.12): an entry
 * that PyTorch stores has no sizes in its local header. Stored entries are not copied.
 */
final class ZipContent {

    private static final int SIGNATURE = 0x04034b50;
    private static final int MAX_ENTRIES = 100_000;
    /** What all deflated entries that are read may inflate to: ten times the largest published MobileNetV2. */
    private static final long MAX_INFLATED = 256L << 20;
    /** Deflate makes at most 258 bytes of two bits. */
    private static final long MAX_RATIO = 1032;

    private final Path file;
    private final ByteBuffer content;
    private final Map<String, ZipArchiveEntry> entries;
    private long inflated;

    private ZipContent(Path file, ByteBuffer content, Map<String, ZipArchiveEntry> entries) {
        this.file = file;
        this.content = content;
        this.entries = Collections.unmodifiableMap(entries);
    }

    /** Whether a content begins as a zip file with entries does. */
    static boolean isZip(ByteBuffer content) {
        return content.remaining() >= Integer.BYTES
                && content.slice().order(ByteOrder.LITTLE_ENDIAN).getInt(0) == SIGNATURE;
    }

    /**
     * Finds all entries.
     *
     * @param file for messages
     * @param content the zip file from position to limit; not copied
     * @throws InvalidInputException where its directory is damaged or names an entry twice
     */
    static ZipContent open(Path file, ByteBuffer content) {
        ByteBuffer bytes = content.slice();
        try (ZipFile zip = ZipFile.builder()
                .setSeekableByteChannel(new BufferChannel(bytes))
                .setIgnoreLocalFileHeader(true)
                .get()) {
            Map<String, ZipArchiveEntry> entries = new LinkedHashMap<>();
            for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
                if (entries.put(entry.getName(), entry) != null || entries.size() > MAX_ENTRIES) {
                    throw InvalidInputException.of(
                            file,
                            "zip directory",
                            "at most " + MAX_ENTRIES + " entries of different names",
                            "one more: " + ModelFile.printable(entry.getName()));
                }
                // Resolves the place of the entry's data, which the directory alone does not tell.
                zip.getRawInputStream(entry);
            }
            return new ZipContent(file, bytes, entries);
        } catch (IOException | IllegalArgumentException e) {
            throw new InvalidInputException(
                    file + ": zip directory: expected a whole zip file, found "
                            + ModelFile.printable(String.valueOf(e.getMessage())),
                    e);
        }
    }

    /** The names of all entries, in the directory's order. */
    Set<String> names() {
        return entries.keySet();
    }

    /**
     * The bytes of one entry, their checksum verified.
     *
     * @param name one of {@link #names()}
     * @return little-endian, read-only
     * @throws InvalidInputException where they are damaged, encrypted, too many, or compressed by another method than
     *     deflate
     */
    ByteBuffer read(String name) {
        ZipArchiveEntry entry = entries.get(name);
        if (entry.getGeneralPurposeBit().usesEncryption()) {
            throw fault(name, "an entry without encryption", "an encrypted one");
        }
        ZipMethod method = ZipMethod.getMethodByCode(entry.getMethod());
        if (method != ZipMethod.STORED && method != ZipMethod.DEFLATED) {
            throw fault(name, "an entry stored or deflated", "method " + entry.getMethod());
        }
        // Both were checked against the file's size when it was opened.
        ByteBuffer data = content.slice((int) entry.getDataOffset(), (int) entry.getCompressedSize());
        ByteBuffer bytes = method == ZipMethod.STORED ? data : inflate(name, entry, data);
        if (bytes.remaining() != entry.getSize()) {
            throw fault(name, entry.getSize() + " bytes", bytes.remaining() + " bytes");
        }
        CRC32 checksum = new CRC32();
        checksum.update(bytes.duplicate());
        if (checksum.getValue() != entry.getCrc()) {
            throw fault(
                    name,
                    "the CRC-32 " + Long.toHexString(entry.getCrc()),
                    Long.toHexString(checksum.getValue()) + ": the file is damaged");
        }
        return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer inflate(String name, ZipArchiveEntry entry, ByteBuffer deflated) {
        long size = entry.getSize();
        long allowed = Math.min(MAX_INFLATED - inflated, MAX_RATIO * deflated.remaining());
        if (size < 0 || size > allowed) {
            throw fault(name, "an entry that inflates to at most " + allowed + " bytes", size + " bytes");
        }
        inflated += size;
        byte[] bytes = new byte[(int) size];
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(deflated);
            int length = inflater.inflate(bytes);
            if (length < size || inflater.inflate(new byte[1]) > 0 || !inflater.finished()) {
                throw fault(name, "deflated data of " + size + " bytes", (length < size ? "fewer" : "more"));
            }
        } catch (DataFormatException e) {
            throw new InvalidInputException(
                    fault(name, "deflated data", ModelFile.printable(String.valueOf(e.getMessage()))).getMessage(), e);
        } finally {
            inflater.end();
        }
        return ByteBuffer.wrap(bytes);
    }

    private InvalidInputException fault(String name, String expected, String found) {
        return InvalidInputException.of(file, "entry " + ModelFile.printable(name), expected, found);
    }
}
