package dev.spindle.cli;

/** How a command ends. */
final class ExitCode {

    static final int SUCCESS = 0;
    /** An internal or I/O failure. */
    static final int FAILURE = 1;
    /** Bad input or usage: the user can mend it. */
    static final int BAD_INPUT = 2;

    private ExitCode() {}
}
