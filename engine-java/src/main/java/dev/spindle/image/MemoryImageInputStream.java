package dev.spindle.image;

import java.io.EOFException;
import java.io.IOException;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * Bytes in memory for ImageIO, without its caches. It remembers whether a reader wanted more than there is: the JDK's
 * JPEG reader makes do with what it got, and a picture that is half grey is not what the caller asked for.
 */
final class MemoryImageInputStream extends ImageInputStreamImpl {

    /**
     * Reads past the end after which the stream fails. Readers may look a few bytes ahead; one that takes every
     * {@link EOFException} for a zero would go on for minutes where a corrupt header announces a large picture.
     */
    private static final int TOLERATED_OVERRUNS = 64;

    private final byte[] bytes;
    private int overruns;

    MemoryImageInputStream(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Whether a read met the end. */
    boolean overrun() {
        return overruns > 0;
    }

    @Override
    public int read() throws IOException {
        bitOffset = 0;
        return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xFF : end();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        bitOffset = 0;
        if (length == 0) {
            return 0;
        }
        if (streamPos >= bytes.length) {
            return end();
        }
        int count = (int) Math.min(length, bytes.length - streamPos);
        System.arraycopy(bytes, (int) streamPos, target, offset, count);
        streamPos += count;
        return count;
    }

    private int end() throws IOException {
        if (++overruns > TOLERATED_OVERRUNS) {
            throw new IOException("too many reads past the end");
        }
        return -1;
    }

    @Override
    public long length() {
        return bytes.length;
    }
}
