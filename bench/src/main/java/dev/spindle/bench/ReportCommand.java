package dev.spindle.bench;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes the report of results that are there already; see {@link ReportPage}. */
@Command(
        name = "report",
        description = "Writes the report of a suite's result again, or that of two results compared.",
        mixinStandardHelpOptions = true)
final class ReportCommand implements Runnable {

    @Parameters(paramLabel = "FILE", description = "A suite's result.json.")
    private Path result;

    @Option(names = "--baseline", paramLabel = "FILE", description = "An earlier result.json to compare with.")
    private Path baseline;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            defaultValue = "report.html",
            description = "The page to write (default: ${DEFAULT-VALUE}).")
    private Path output;

    @Override
    public void run() {
        ReportPage.write(output, ResultFile.read(result), Optional.ofNullable(baseline).map(ResultFile::read));
    }
}
