package dev.spindle.bench;

import dev.spindle.InvalidInputException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The command line of the benchmarks. The launcher hands these commands to it:
 *
 * <pre>{@code
 * ./spindle bench suite --quick
 * ./spindle bench report result.json --baseline earlier.json
 * ./spindle bench compare --backends onnxruntime,vector-256
 * ./spindle bench profile --backend vector-256
 * ./spindle bench peak
 * ./spindle bench soak
 * ./spindle bench load mobilenet_v2.safetensors
 * ./spindle bench start photo.jpg
 * }</pre>
 *
 * <p>The exit code is 0, 1 for a failure, 2 for wrong arguments or input.
 */
@Command(
        name = "spindle bench",
        description = "Measures Spindle on this machine.",
        subcommands = {
            SuiteCommand.class,
            ReportCommand.class,
            CompareCommand.class,
            ProfileCommand.class,
            PeakCommand.class,
            SoakCommand.class,
            LoadCommand.class,
            StartCommand.class,
            CommandLine.HelpCommand.class
        })
public final class BenchCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    /** For picocli. */
    public BenchCommand() {}

    /** Runs a command and ends the JVM with its exit code. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new BenchCommand()).setExecutionExceptionHandler(BenchCommand::explain);
    }

    /** What users can mend is told in one line; anything else is a defect and keeps its stack trace. */
    private static int explain(Exception thrown, CommandLine command, CommandLine.ParseResult arguments) throws Exception {
        boolean input = thrown instanceof InvalidInputException || thrown instanceof IllegalArgumentException;
        if (!input && !(thrown instanceof IllegalStateException) && !(thrown instanceof UncheckedIOException)) {
            throw thrown;
        }
        PrintWriter err = command.getErr();
        err.println(command.getCommandName() + ": " + thrown.getMessage());
        err.flush();
        return input ? CommandLine.ExitCode.USAGE : CommandLine.ExitCode.SOFTWARE;
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "expected a command");
    }
}
