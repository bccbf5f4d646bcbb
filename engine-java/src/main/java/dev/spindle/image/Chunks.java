package dev.spindle.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * What files made of chunks say of themselves and ImageIO does not: PNG (third edition, 5.3) and WebP (RFC 9649, 2). Exif
 * data is PNG's chunk {@code eXIf} and WebP's {@code EXIF}, where some writers repeat JPEG's prefix.
 */
final class Chunks {

    private static final long PNG_SIGNATURE = 0x89504E470D0A1A0AL;

    // Four characters each, the first in the high byte.
    private static final int PNG_EXIF = 0x65584966;
    private static final int RIFF = 0x52494646;
    private static final int WEBP = 0x57454250;
    private static final int WEBP_EXIF = 0x45584946;
    private static final int JPEG_PREFIX = 0x45786966;

    private static final int JPEG_PREFIX_BYTES = 6;

    private Chunks() {}

    /**
     * The orientation that a file's Exif chunk says.
     *
     * @param file all bytes, of any format
     * @return {@link Orientation#TOP_LEFT} where there is no such chunk, or no valid one
     */
    static Orientation orientation(byte[] file) {
        return find(ByteBuffer.wrap(file)).map(Orientation::ofExif).orElse(Orientation.TOP_LEFT);
    }

    /**
     * Whether a WebP file is shorter than its header says; readers of lossless pictures take what is missing for zeros.
     *
     * @param file all bytes, of any format
     */
    static boolean isCutWebp(byte[] file) {
        ByteBuffer buffer = ByteBuffer.wrap(file);
        return isWebp(buffer)
                && Integer.toUnsignedLong(buffer.order(ByteOrder.LITTLE_ENDIAN).getInt(4)) > file.length - 8;
    }

    private static Optional<ByteBuffer> find(ByteBuffer file) {
        if (isPng(file)) {
            return findInPng(file);
        }
        return isWebp(file) ? findInWebp(file) : Optional.empty();
    }

    private static boolean isPng(ByteBuffer file) {
        return file.limit() >= 8 && file.getLong(0) == PNG_SIGNATURE;
    }

    private static boolean isWebp(ByteBuffer file) {
        return file.limit() >= 12 && file.getInt(0) == RIFF && file.getInt(8) == WEBP;
    }

    /** Chunks of length, type, data, check sum. */
    private static Optional<ByteBuffer> findInPng(ByteBuffer file) {
        long at = 8;
        while (at <= file.limit() - 12) {
            long length = Integer.toUnsignedLong(file.getInt((int) at));
            if (file.getInt((int) at + 4) == PNG_EXIF) {
                return slice(file, at + 8, length);
            }
            at += 12 + length;
        }
        return Optional.empty();
    }

    /** Chunks of type, length, data, which starts at even offsets. */
    private static Optional<ByteBuffer> findInWebp(ByteBuffer file) {
        long at = 12;
        while (at <= file.limit() - 8) {
            long length = Integer.toUnsignedLong(file.order(ByteOrder.LITTLE_ENDIAN).getInt((int) at + 4));
            if (file.order(ByteOrder.BIG_ENDIAN).getInt((int) at) == WEBP_EXIF) {
                boolean prefixed = length >= JPEG_PREFIX_BYTES && at + 8 <= file.limit() - JPEG_PREFIX_BYTES
                        && file.getInt((int) at + 8) == JPEG_PREFIX;
                int skipped = prefixed ? JPEG_PREFIX_BYTES : 0;
                return slice(file, at + 8 + skipped, length - skipped);
            }
            at += 8 + length + (length & 1);
        }
        return Optional.empty();
    }

    private static Optional<ByteBuffer> slice(ByteBuffer file, long at, long length) {
        return at + length <= file.limit() ? Optional.of(file.slice((int) at, (int) length)) : Optional.empty();
    }
}
