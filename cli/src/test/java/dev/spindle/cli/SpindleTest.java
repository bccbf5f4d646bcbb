package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SpindleTest {

    private static final Set<String> COMMANDS = Spindle.commandLine().getSubcommands().keySet();

    @Test
    void namesItsCommandsWhereNoneIsGiven() {
        Cli.run().refused(
                "classify, segment, detect, run, inspect, convert, quantize, compare, backends, doctor, bench, evaluate, "
                        + "embed, retarget, models, pull",
                "spindle --help");
    }

    @Test
    void everyCommandHasHelpAndJson() {
        assertEquals(
                Set.of("classify", "segment", "detect", "run", "inspect", "convert", "quantize", "compare", "backends", "doctor",
                        "bench", "evaluate", "embed", "retarget", "models", "pull"),
                COMMANDS);
        for (String command : COMMANDS) {
            Cli help = Cli.run(command, "--help").succeeded();
            assertTrue(help.out().contains("Usage: spindle " + command), help.out());
            assertTrue(help.out().contains("--json"), help.out());
            assertTrue(help.out().contains("2   bad input or usage"), help.out());
        }
    }

    @Test
    void printsTheBuildsVersion() {
        String version = Cli.run("--version").succeeded().out();
        assertTrue(version.matches("(?s)spindle \\d+\\.\\d+\\.\\d+.*"), version);
        assertTrue(version.contains("JDK " + Runtime.version()), version);
    }

    @Test
    void refusesUnknownOptionsAndValuesInOneLine() {
        Cli.run("--nonsense").refused("--nonsense");
        Cli.run("backends", "surplus").refused("surplus", "spindle backends --help");
        Cli.run("classify").refused("IMAGE", "spindle classify --help");
        Cli.run("classify", "--top", "many", "a.png").refused("--top", "many");
        Cli.run("classify", "--top", "0", "a.png").refused("--top: expected at least 1, found 0");
        Cli.run("classify", "--threads", "0", "a.png").refused("--threads: expected at least 1, found 0");
        Cli.run("inspect", "a\0b").refused("expected a path");
        Cli.run("run", "--input", "x").refused("--output");
    }

    @Test
    void showsAStackTraceForItsOwnMistakes() {
        StringWriter err = new StringWriter();
        CommandLine commandLine = Spindle.commandLine().setErr(new PrintWriter(err));
        int exitCode = new Failures().handleExecutionException(
                new IllegalStateException("a mistake"), commandLine, null);
        assertEquals(ExitCode.FAILURE, exitCode);
        assertTrue(err.toString().startsWith("spindle: internal error, please report it: "), err.toString());
        assertTrue(err.toString().contains("\tat dev.spindle.cli.SpindleTest"), err.toString());
    }

    @Test
    void failsWhereStandardOutputIsFull() {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        System.setOut(new PrintStream(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        }));
        System.setErr(new PrintStream(messages, true, StandardCharsets.UTF_8));
        try {
            assertEquals(ExitCode.FAILURE, Spindle.run("backends"));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        String message = messages.toString(StandardCharsets.UTF_8);
        assertTrue(message.startsWith("spindle: standard output: cannot be written"), message);
    }

    @Test
    void textForPeopleHasNoControlCharacters() {
        assertEquals("a b c", Text.line("  a\n  b \r\n c\n"));
        assertEquals("one\n?[31mtwo?", Text.lines("one\n\u001b[31mtwo\u0007"));
        assertFalse(Text.lines("\u009b").contains("\u009b"));
    }
}
