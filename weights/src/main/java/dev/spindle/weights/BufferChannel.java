package dev.spindle.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/** A read-only channel on a buffer, for libraries that read channels. */
final class BufferChannel implements SeekableByteChannel {

    private final ByteBuffer content;
    private long position;
    private boolean open = true;

    /**
     * @param content from position to limit; not copied
     */
    BufferChannel(ByteBuffer content) {
        this.content = content.slice();
    }

    @Override
    public int read(ByteBuffer target) {
        if (position >= content.limit()) {
            return -1;
        }
        int length = Math.min(target.remaining(), content.limit() - (int) position);
        target.put(content.slice((int) position, length));
        position += length;
        return length;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public SeekableByteChannel position(long newPosition) throws IOException {
        if (newPosition < 0) {
            throw new IOException("position " + newPosition + ", expected at least 0");
        }
        position = newPosition;
        return this;
    }

    @Override
    public long size() {
        return content.limit();
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        open = false;
    }

    @Override
    public int write(ByteBuffer source) {
        throw new NonWritableChannelException();
    }

    @Override
    public SeekableByteChannel truncate(long size) {
        throw new NonWritableChannelException();
    }
}
