package dev.spindle.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A program that is run as a process of its own.
 *
 * @param name for people
 * @param command with its arguments
 * @param environment what is added to that of this process
 */
record Program(String name, List<String> command, Map<String, String> environment) {

    /**
     * One run.
     *
     * @param seconds from the start of the process to its end
     * @param output what it printed
     */
    record Outcome(double seconds, String output) {}

    /**
     * Runs it to its end.
     *
     * @throws IllegalStateException where it fails, with the last line that it printed
     */
    Outcome run() {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        long start = System.nanoTime();
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exitCode = process.waitFor();
            double seconds = (System.nanoTime() - start) * 1e-9;
            if (exitCode != 0) {
                throw new IllegalStateException(name + ": exit code " + exitCode + ": " + output.lines().reduce("", (a, b) -> b));
            }
            return new Outcome(seconds, output);
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(name + ": interrupted", e);
        }
    }
}
