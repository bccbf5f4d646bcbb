package dev.spindle.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes zip files. */
final class ZipFiles {

    private static final int PIECE = 1 << 16;

    private ZipFiles() {}

    static byte[] stored(Map<String, byte[]> entries) {
        return zip(entries, ZipEntry.STORED);
    }

    static byte[] deflated(Map<String, byte[]> entries) {
        return zip(entries, ZipEntry.DEFLATED);
    }

    private static byte[] zip(Map<String, byte[]> entries, int method) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setLevel(Deflater.BEST_SPEED);
            for (Map.Entry<String, byte[]> source : entries.entrySet()) {
                ZipEntry entry = new ZipEntry(source.getKey());
                entry.setMethod(method);
                entry.setTimeLocal(LocalDateTime.of(2000, 1, 1, 0, 0));
                if (method == ZipEntry.STORED) {
                    CRC32 checksum = new CRC32();
                    checksum.update(source.getValue());
                    entry.setCrc(checksum.getValue());
                    entry.setSize(source.getValue().length);
                }
                zip.putNextEntry(entry);
                write(zip, source.getValue());
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Piece by piece: a JVM that checks JNI copies the whole array each time that the compressor looks at it. */
    private static void write(ZipOutputStream zip, byte[] content) throws IOException {
        for (int from = 0; from < content.length; from += PIECE) {
            zip.write(Arrays.copyOfRange(content, from, Math.min(content.length, from + PIECE)));
        }
    }
}
