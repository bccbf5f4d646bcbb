package dev.spindle.cli;

import dev.spindle.InvalidInputException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Turns exceptions into one line on standard error and an exit code. Only what is our own mistake shows a stack trace.
 */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {

    /** What every message starts with. */
    static final String PREFIX = "spindle: ";

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        String help = command.getCommandSpec().qualifiedName() + " --help";
        report(command.getErr(), e.getMessage() + " (see " + help + ")");
        return ExitCode.BAD_INPUT;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult arguments) {
        PrintWriter err = command.getErr();
        switch (e) {
            case InvalidInputException bad -> {
                return report(err, bad);
            }
            case UncheckedIOException failed -> {
                return report(err, failed);
            }
            default -> {
                report(err, "internal error, please report it: " + e);
                e.printStackTrace(err);
                err.flush();
                return ExitCode.FAILURE;
            }
        }
    }

    /** Reports bad input; returns the exit code. */
    static int report(PrintWriter err, InvalidInputException bad) {
        report(err, bad.getMessage());
        return ExitCode.BAD_INPUT;
    }

    /** Reports a failed read or write; returns the exit code. */
    static int report(PrintWriter err, UncheckedIOException failed) {
        String message = failed.getMessage();
        if (failed.getCause() instanceof FileSystemException reason && reason.getReason() == null) {
            // Its message is the file's name; what happened is said by its class alone.
            message += " (" + reason.getClass().getSimpleName() + ")";
        }
        report(err, message);
        return ExitCode.FAILURE;
    }

    /** Reports that the heap is too small; returns the exit code. */
    static int report(PrintWriter err, OutOfMemoryError full) {
        report(err, "out of memory: " + full.getMessage() + "; " + Heap.ADVICE);
        return ExitCode.FAILURE;
    }

    /** Reports what does not end the command. */
    static void report(PrintWriter err, String message) {
        err.println(PREFIX + Text.line(message));
        err.flush();
    }
}
