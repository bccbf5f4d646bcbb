package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import picocli.CommandLine;

/** One run of the program in this JVM: what it printed, and how it ended. */
record Cli(int exitCode, String out, String err) {

    private static final ObjectMapper STRICT =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** Arguments may be of any type; they are handed over as text. */
    static Cli run(Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine commandLine =
                Spindle.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int exitCode = commandLine.execute(
                Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
        return new Cli(exitCode, out.toString(), err.toString());
    }

    /** What a successful run printed: one JSON document and nothing else. */
    static JsonNode json(Object... arguments) {
        Object[] all = Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = "--json";
        return run(all).succeeded().json();
    }

    JsonNode json() {
        try {
            return STRICT.readTree(out);
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + out, e);
        }
    }

    Cli succeeded() {
        assertEquals("", err);
        assertEquals(ExitCode.SUCCESS, exitCode);
        return this;
    }

    /** Checks that it ended with exit code 2, no result, and one line of message that holds all these words. */
    void refused(Object... words) {
        assertEquals("", out);
        assertEquals(ExitCode.BAD_INPUT, exitCode, err);
        assertMessage(words);
    }

    /** Checks that standard error is one line, and holds all these words. */
    void assertMessage(Object... words) {
        assertTrue(err.startsWith("spindle: "), err);
        assertEquals(1, err.lines().count(), err);
        assertFalse(err.contains("Exception"), err);
        for (Object word : words) {
            assertTrue(err.contains(word.toString()), () -> "expected '" + word + "' in: " + err);
        }
    }
}
