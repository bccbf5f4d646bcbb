package dev.spindle.weights.catalogue;

/** Hears of a download while it goes on, on the thread that asked for it. */
public interface PullListener {

    /**
     * More has arrived.
     *
     * @param bytes of the file so far, those of an earlier attempt included
     * @param total the file's length, or -1 where the server does not say it
     */
    void received(long bytes, long total);

    /**
     * Something that takes time: another attempt, or another process to wait for.
     *
     * @param what one line for people
     */
    void note(String what);
}
