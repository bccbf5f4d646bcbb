package dev.spindle.weights;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Labels in a TensorFlow Lite file. Metadata tools append associated files to the model as a zip archive
 * (TensorFlow Lite, "Adding metadata"); labels are a text file in it with one line a class.
 */
final class TfliteLabels {

    /** What leads from a zip archive's end record to its first entry (APPNOTE.TXT, sections 4.3.12 and 4.3.16). */
    private static final int END_SIGNATURE = 0x06054b50;
    private static final int END_BYTES = 22;
    private static final int END_DIRECTORY_BYTES = 12;
    private static final int END_DIRECTORY_OFFSET = 16;
    private static final int DIRECTORY_ENTRY_BYTES = 46;
    private static final int DIRECTORY_ENTRY_OFFSET = 42;
    private static final int MAX_COMMENT_BYTES = 0xffff;

    private static final int MAX_ARCHIVE_BYTES = 1 << 24;
    private static final int MAX_ENTRIES = 100;
    private static final int MAX_ENTRY_BYTES = 1 << 20;

    private TfliteLabels() {}

    /**
     * Finds the labels.
     *
     * @param content the whole file from position to limit
     * @param classes how many labels there have to be
     * @return the labels; empty where there is no archive that can be read or no such text in it
     */
    static List<String> find(ByteBuffer content, int classes) {
        ByteBuffer file = content.slice().order(ByteOrder.LITTLE_ENDIAN);
        int lowest = Math.max(0, file.limit() - END_BYTES - MAX_COMMENT_BYTES);
        for (int end = file.limit() - END_BYTES; end >= lowest; end--) {
            if (file.getInt(end) == END_SIGNATURE) {
                return inArchive(file, end, classes);
            }
        }
        return List.of();
    }

    private static List<String> inArchive(ByteBuffer file, int end, int classes) {
        long directory = end - Integer.toUnsignedLong(file.getInt(end + END_DIRECTORY_BYTES));
        if (directory < 0 || directory > end - DIRECTORY_ENTRY_BYTES) {
            return List.of();
        }
        // Offsets count from the file's start or from the archive's; where the directory really stands tells.
        long archiveStart = directory - Integer.toUnsignedLong(file.getInt(end + END_DIRECTORY_OFFSET));
        long first = archiveStart + Integer.toUnsignedLong(file.getInt((int) directory + DIRECTORY_ENTRY_OFFSET));
        if (first < 0 || first > directory || end - first > MAX_ARCHIVE_BYTES) {
            return List.of();
        }
        byte[] archive = new byte[end - (int) first];
        file.get((int) first, archive);
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (int i = 0; i < MAX_ENTRIES; i++) {
                ZipEntry entry = zip.getNextEntry();
                if (entry == null) {
                    return List.of();
                }
                if (entry.getName().endsWith(".txt")) {
                    List<String> lines = lines(zip.readNBytes(MAX_ENTRY_BYTES), classes);
                    if (!lines.isEmpty()) {
                        return lines;
                    }
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            // The archive is no part of the model: a model without labels is a model.
            System.getLogger(TfliteLabels.class.getName())
                    .log(System.Logger.Level.DEBUG, "the associated files cannot be read", e);
        }
        return List.of();
    }

    /** The labels of a text with one line a class; empty where it is something else. */
    static List<String> lines(byte[] text, int classes) {
        List<String> lines = new String(text, StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        return lines.size() == classes ? lines : List.of();
    }
}
