package dev.spindle.bench;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures everything and writes a report; see {@link Suite}. */
@Command(
        name = "suite",
        description = {
            "Measures layers, blocks and whole networks on every backend, against ONNX Runtime and plain loops, and writes"
                    + " a report.",
            "Into the output folder go report.html, result.json (what --baseline reads), jmh.json (JMH's own) and jmh.log."
        },
        mixinStandardHelpOptions = true)
final class SuiteCommand implements Callable<Integer> {

    @Option(names = "--quick", description = "One short fork of everything, in about eight minutes.")
    private boolean quick;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            defaultValue = "bench-report",
            description = "The folder to write to (default: ${DEFAULT-VALUE}).")
    private Path output;

    @Option(
            names = "--baseline",
            paramLabel = "FILE",
            description = "An earlier result.json: the report then says what became faster or slower.")
    private Path baseline;

    @Option(
            names = "--backends",
            split = ",",
            description = "Which of Spindle's backends take part (default: all that run here).")
    private List<String> backends = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        int processors = Runtime.getRuntime().availableProcessors();
        return measure(quick ? SuitePlan.quick(processors) : SuitePlan.full(processors));
    }

    private int measure(SuitePlan plan) {
        Optional<SuiteResult> before = Optional.ofNullable(baseline).map(ResultFile::read);
        List<String> names = backends.isEmpty()
                ? Kernels.all().stream().filter(KernelCandidate::supported).map(KernelCandidate::name).toList()
                : backends.stream().map(name -> Kernels.byName(name).name()).distinct().toList();
        PrintWriter progress = spec.commandLine().getErr();
        try {
            Files.createDirectories(output);
            try (PrintStream log = new PrintStream(
                    Files.newOutputStream(output.resolve("jmh.log")), true, StandardCharsets.UTF_8)) {
                Suite suite = new Suite(plan, names, log);
                suite.run(
                        line -> {
                            progress.println(line);
                            progress.flush();
                        },
                        () -> save(suite, before));
                PrintWriter out = spec.commandLine().getOut();
                out.println(output.resolve("report.html"));
                out.flush();
                return suite.failures().isEmpty() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(output + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private void save(Suite suite, Optional<SuiteResult> before) {
        SuiteResult result = suite.result();
        ResultFormatFactory.getInstance(ResultFormatType.JSON, output.resolve("jmh.json").toString()).writeOut(suite.runs());
        ResultFile.write(output.resolve("result.json"), result);
        ReportPage.write(output.resolve("report.html"), result, before);
    }
}
