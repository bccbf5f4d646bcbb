package dev.spindle.cli;

import dev.spindle.InvalidInputException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Pictures that could not be used: each is reported as it comes, and the others go on. */
final class FailedPictures {

    private final List<Failed> all = new ArrayList<>();
    private final PrintWriter err;
    private final Runnable clear;

    /** A picture that could not be used, and why. */
    record Failed(String file, String error) {}

    /**
     * None yet.
     *
     * @param err receives reports
     * @param clear makes room for one there
     */
    FailedPictures(PrintWriter err, Runnable clear) {
        this.err = err;
        this.clear = clear;
    }

    /**
     * One more.
     *
     * @param file the picture
     * @param failure an {@link InvalidInputException} or an {@link UncheckedIOException}; others are our own, and thrown
     */
    void add(Path file, RuntimeException failure) {
        clear.run();
        switch (failure) {
            case InvalidInputException bad -> Failures.report(err, bad);
            case UncheckedIOException failed -> Failures.report(err, failed);
            default -> throw failure;
        }
        all.add(new Failed(file.toString(), failure.getMessage()));
    }

    List<Failed> all() {
        return all;
    }
}
