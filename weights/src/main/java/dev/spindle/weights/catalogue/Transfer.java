package dev.spindle.weights.catalogue;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * Appends a response's body to a file. The HTTP client calls it on its own threads; {@link #close} ends the writing for
 * good, so that a body which is still under way cannot mix with that of the next attempt.
 */
final class Transfer implements HttpResponse.BodySubscriber<Void>, AutoCloseable {

    private final Path file;
    private final FileChannel channel;
    private final CompletableFuture<Void> body = new CompletableFuture<>();
    private Flow.Subscription subscription;
    private volatile long length;
    private boolean closed;

    /**
     * Opens the file.
     *
     * @param kept how many of its bytes stay; the rest is cut off
     */
    Transfer(Path file, long kept) {
        this.file = file;
        this.length = kept;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw unwritable(e);
        }
        try {
            channel.truncate(kept).position(kept);
        } catch (IOException e) {
            close();
            throw unwritable(e);
        }
    }

    /** The file's length by now. */
    long length() {
        return length;
    }

    @Override
    public CompletionStage<Void> getBody() {
        return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
        subscription = newSubscription;
        subscription.request(1);
    }

    @Override
    public synchronized void onNext(List<ByteBuffer> buffers) {
        if (closed) {
            subscription.cancel();
            return;
        }
        try {
            for (ByteBuffer buffer : buffers) {
                if (length + buffer.remaining() > ModelCache.MOST_BYTES) {
                    throw new InvalidInputException(
                            file.getFileName() + ": expected at most " + ModelCache.MOST_BYTES + " bytes, found more");
                }
                while (buffer.hasRemaining()) {
                    length += channel.write(buffer);
                }
            }
            subscription.request(1);
        } catch (IOException e) {
            subscription.cancel();
            body.completeExceptionally(unwritable(e));
        } catch (InvalidInputException e) {
            subscription.cancel();
            body.completeExceptionally(e);
        }
    }

    @Override
    public void onError(Throwable failure) {
        body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        body.complete(null);
    }

    @Override
    public synchronized void close() {
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private UncheckedIOException unwritable(IOException cause) {
        return new UncheckedIOException(file + ": cannot be written: " + cause.getMessage(), cause);
    }
}
