package dev.spindle;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program in a JVM of its own: what it printed, standard error included, and how it ended. {@link ChildJvm} is for programs
 * that end well.
 */
public record ForkedJvm(int exitCode, String output) {

    /** The command that starts a program on this JVM's JDK. */
    static List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        return command;
    }

    /**
     * Starts a program.
     *
     * @param arguments the JVM's options, the main class, and its arguments
     */
    public static Process start(List<String> arguments) {
        try {
            return new ProcessBuilder(command(arguments)).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for the end of a program. */
    public static ForkedJvm end(Process process) throws InterruptedException {
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new ForkedJvm(process.waitFor(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where this module's classes and tests are, which lie on no class path while its own tests run. */
    static String classPath() {
        try {
            Path classes = Path.of(Model.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            return classes + File.pathSeparator + classes.resolveSibling("test-classes");
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs a program to its end. */
    public static ForkedJvm run(List<String> arguments) throws InterruptedException {
        return end(start(arguments));
    }
}
