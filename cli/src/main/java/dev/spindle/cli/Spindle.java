package dev.spindle.cli;

import dev.spindle.quantise.RangeChoice;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The program. Results go to standard output, messages to standard error; see {@link ExitCode} for the end. */
@Command(
        name = "spindle",
        description = "MobileNetV2 on the JVM at the speed of the hardware.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        scope = ScopeType.INHERIT,
        synopsisSubcommandLabel = "COMMAND",
        sortOptions = false,
        sortSynopsis = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:success", "1:internal or I/O failure", "2:bad input or usage"})
public final class Spindle implements Runnable {

    /** In the order of the help. */
    private static final List<Class<?>> COMMANDS = List.of(
            ClassifyCommand.class,
            SegmentCommand.class,
            DetectCommand.class,
            RunCommand.class,
            InspectCommand.class,
            ConvertCommand.class,
            QuantizeCommand.class,
            CompareCommand.class,
            BackendsCommand.class,
            DoctorCommand.class,
            BenchCommand.class,
            EvaluateCommand.class,
            EmbedCommand.class,
            RetargetCommand.class,
            ModelsCommand.class,
            PullCommand.class);

    /** Messages of the library's log look like the program's own. */
    private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

    @Spec
    private CommandSpec command;

    /** Made by {@link #commandLine}. */
    Spindle() {}

    /**
     * Runs one command and ends the JVM with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        if (System.getProperty(LOG_FORMAT) == null) {
            System.setProperty(LOG_FORMAT, Failures.PREFIX + "%5$s%n");
        }
        System.exit(run(args));
    }

    /** Runs one command on the standard streams; returns the exit code. */
    static int run(String... args) {
        // Of the writer that picocli makes, nobody learns that the stream below it failed.
        return commandLine(args).setOut(new PrintWriter(System.out)).execute(args);
    }

    /**
     * The program, ready to execute; errors become messages and exit codes. To describe all commands takes a good part of the
     * time that some of them take.
     *
     * @param args where they start with a command, it is the only one that there is
     */
    static CommandLine commandLine(String... args) {
        List<Class<?>> named = COMMANDS.stream().filter(command -> args.length > 0 && isNamed(command, args[0])).toList();
        CommandLine program = new CommandLine(new Spindle());
        (named.isEmpty() ? COMMANDS : named).forEach(program::addSubcommand);
        Failures failures = new Failures();
        return program.registerConverter(Path.class, Spindle::path)
                .registerConverter(RangeChoice.class, QuantizeCommand::ranges)
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures)
                .setExecutionStrategy(Spindle::execute)
                .setUsageHelpAutoWidth(true);
    }

    /** Reading the annotations of all classes takes longer. */
    private static boolean isNamed(Class<?> command, String name) {
        return command.getSimpleName().equalsIgnoreCase(name + "Command");
    }

    private static Path path(String argument) {
        try {
            return Path.of(argument);
        } catch (InvalidPathException e) {
            throw new TypeConversionException("expected a path, found " + argument);
        }
    }

    /** Commands ask {@link Heap} where the user's input decides on sizes; this is for what remains. */
    private static int execute(ParseResult arguments) {
        try {
            return new CommandLine.RunLast().execute(arguments);
        } catch (OutOfMemoryError e) {
            return Failures.report(arguments.commandSpec().commandLine().getErr(), e);
        }
    }

    @Override
    public void run() {
        throw new ParameterException(
                command.commandLine(), "expected a command: " + String.join(", ", command.subcommands().keySet()));
    }
}
